//! `cargo xtask test`: the tests that need nothing but a Rust toolchain, a browser, and database servers,
//! which it starts.

use std::env;

use anyhow::Context;
use test_servers::{Database, Server, Setup, ensure_chromium_installed, ensure_installed, is_root};
use xshell::cmd;

use crate::workspace::Workspace;

/// The member whose tests run pavexc.
pub(crate) const COMPILER_TESTS: &str = "compiler_tests";

/// The member whose tests use database servers, unless its features leave them out.
const STORES: &str = "session_sqlx";

/// The feature of [`STORES`] that needs no server.
const EMBEDDED: &str = "sqlite";

/// In the other members, the modules of tests that use servers or a browser.
const ON_PROGRAMS: [&str; 3] = ["::on_postgres::", "::on_mysql::", "::on_chromium::"];

/// The member that starts the servers.
const SERVERS: &str = "test_servers";

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Scope {
    /// Unit tests, integration tests and doctests of every member but [`COMPILER_TESTS`].
    All,
    /// Those of them that need no server and no browser.
    Embedded,
}

pub(crate) fn run(workspace: &Workspace, scope: Scope) -> anyhow::Result<()> {
    match scope {
        Scope::All => run_all(workspace),
        Scope::Embedded => run_embedded(workspace),
    }
}

pub(crate) fn run_all(workspace: &Workspace) -> anyhow::Result<()> {
    for database in Database::ALL {
        // The tests of faults start servers of their own, which they kill.
        ensure_installed(database)?;
    }
    ensure_chromium_installed()?;
    let servers = missing_servers()?;
    let urls = servers.iter().map(|(variable, it)| (variable, it.url()));
    // Not `--all-targets`: that leaves out the doctests.
    cmd!(
        workspace.shell(),
        "cargo test --workspace --exclude {COMPILER_TESTS} --all-features"
    )
    .envs(urls)
    .run()?;
    if !is_root() {
        println!(
            "left out, because it needs root: SQLite on a full disk; a full file stands for it"
        );
    }
    Ok(())
}

/// A server for each variable that is not set, until they are dropped. Here durability is not tested.
fn missing_servers() -> anyhow::Result<Vec<(&'static str, Server)>> {
    let databases = Database::ALL.into_iter();
    databases
        .filter(|database| env::var_os(database.variable()).is_none())
        .map(|database| {
            let server = Setup::of(database).without_durability().start();
            let server = server.with_context(|| format!("cannot start {database}"))?;
            Ok((database.variable(), server))
        })
        .collect()
}

fn run_embedded(workspace: &Workspace) -> anyhow::Result<()> {
    let shell = workspace.shell();
    let skip = ON_PROGRAMS.iter().flat_map(|module| ["--skip", module]);
    cmd!(
        shell,
        "cargo test --workspace --all-features
         --exclude {COMPILER_TESTS} --exclude {STORES} --exclude {SERVERS} -- {skip...}"
    )
    .run()?;
    cmd!(shell, "cargo test --package {STORES} --all-features --lib").run()?;
    cmd!(shell, "cargo test --package {STORES} --features {EMBEDDED}").run()?;
    let [first, second] = Database::ALL;
    println!(
        "left out, because they need a server: all tests on {first} and {second}, and those of {SERVERS}"
    );
    println!("left out, because they need a browser: all tests on Chromium");
    Ok(())
}
