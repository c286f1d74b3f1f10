//! The project's chores, run as `cargo xtask <command>`.
//!
//! The continuous integration (`.ci/run`) runs `cargo xtask ci`, and so can a laptop.
#![allow(
    clippy::print_stdout,
    reason = "this is a command line program: stdout is its output"
)]

mod cache;
mod command;
mod workspace;

mod test;

mod generate;
mod pavexc;
mod rustup;

mod ci;
mod deny;
mod documents;
mod imports;
mod package;
mod planted_bugs;
mod prose;
mod quick_start;
mod rust_versions;
mod schedules;
mod store_search;

mod bench_http;

mod matrix;
mod servers;

use std::process::ExitCode;

use crate::command::{Command, USAGE};
use crate::workspace::Workspace;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some(command) = Command::parse(&arguments) else {
        eprint!("{USAGE}");
        return ExitCode::from(2);
    };
    match run(command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> anyhow::Result<()> {
    let workspace = Workspace::of_this_crate()?;
    match command {
        Command::Test(scope) => test::run(&workspace, scope),
        Command::TestOn(name) => matrix::run(&workspace, &name),
        Command::Servers(names) => servers::run(&workspace, &names),
        Command::Pavexc => pavexc::print_exports(&workspace),
        Command::Generate(mode) => generate::run(&workspace, mode),
        Command::QuickStart => quick_start::check(&workspace),
        Command::Prose(paths) => prose::run(&workspace, &paths),
        Command::Documents => documents::check(&workspace),
        Command::Search(numbers) => schedules::search(&workspace, &numbers),
        Command::SearchStore(name, numbers) => store_search::run(&workspace, &name, &numbers),
        Command::PlantedBugs(names) => planted_bugs::check(&workspace, &names),
        Command::BenchHttp(stores) => bench_http::run(&workspace, &stores),
        Command::BenchScale(sizes) => bench_http::run_scale(&workspace, &sizes),
        Command::Imports => imports::check(&workspace),
        Command::Deny => deny::check(&workspace),
        Command::Package => package::check(&workspace),
        Command::Ci => ci::run(&workspace),
        Command::Help => {
            print!("{USAGE}");
            Ok(())
        }
    }
}
