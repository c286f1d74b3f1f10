//! `cargo xtask ci`: everything that must pass before a change is merged.

use std::time::{Duration, Instant};

use anyhow::Context;
use xshell::cmd;

use crate::bench_http::PEERS;
use crate::generate::{self, Mode};
use crate::pavexc;
use crate::workspace::{Workspace, published};
use crate::{
    deny, documents, imports, matrix, package, planted_bugs, prose, quick_start, rust_versions,
    test,
};

struct Step {
    title: &'static str,
    run: fn(&Workspace) -> anyhow::Result<()>,
}

/// The quick ones first: the sooner it fails, the better.
const STEPS: [Step; 15] = [
    step("formatting", formatting),
    step("references in documents", documents::check),
    step("prose", |workspace| prose::run(workspace, &[])),
    step("imports", imports::check),
    step("rust versions of the dependencies", rust_versions::check),
    step("rules for the dependencies", deny::check),
    step("clippy", clippy),
    step("tests", test::run_all),
    step("tests on MySQL", matrix::run_on_mysql),
    step("planted bugs", |workspace| {
        planted_bugs::check(workspace, &[])
    }),
    step("documentation", documentation),
    step("packages", package::check),
    step("generated server", generated_server),
    step("compiler tests", compiler_tests),
    step("quick start", quick_start::check),
];

const fn step(title: &'static str, run: fn(&Workspace) -> anyhow::Result<()>) -> Step {
    Step { title, run }
}

/// Stops at the first step that fails.
pub(crate) fn run(workspace: &Workspace) -> anyhow::Result<()> {
    let start = Instant::now();
    for (index, step) in STEPS.iter().enumerate() {
        println!("\n=== {}/{} {} ===", index + 1, STEPS.len(), step.title);
        let start = Instant::now();
        (step.run)(workspace).with_context(|| {
            let duration = seconds(start.elapsed());
            format!("the step `{}` failed after {duration}", step.title)
        })?;
        println!(
            "=== {}: passed in {} ===",
            step.title,
            seconds(start.elapsed())
        );
    }
    println!(
        "\nall {} steps passed in {}",
        STEPS.len(),
        seconds(start.elapsed())
    );
    Ok(())
}

fn formatting(workspace: &Workspace) -> anyhow::Result<()> {
    let shell = workspace.shell();
    cmd!(shell, "cargo fmt --all --check").run()?;
    cmd!(shell, "cargo fmt --manifest-path {PEERS} --check").run()?;
    Ok(())
}

fn clippy(workspace: &Workspace) -> anyhow::Result<()> {
    cmd!(
        workspace.shell(),
        "cargo clippy --workspace --all-targets --all-features -- -D warnings"
    )
    .run()?;
    let peers_target = workspace.target_directory()?.join("peers");
    cmd!(
        workspace.shell(),
        "cargo clippy --manifest-path {PEERS} --locked --target-dir {peers_target} -- -D warnings"
    )
    .run()?;
    for database in ["sqlite", "postgres", "mysql"] {
        cmd!(
            workspace.shell(),
            "cargo clippy --package session_sqlx --features {database} -- -D warnings"
        )
        .run()?;
    }
    Ok(())
}

/// Of the published crates only: they are what docs.rs shows.
fn documentation(workspace: &Workspace) -> anyhow::Result<()> {
    let metadata = workspace.metadata()?;
    let packages = published(&metadata)
        .into_iter()
        .map(|package| format!("--package={}", package.name));
    cmd!(workspace.shell(), "cargo doc --no-deps --all-features")
        .args(packages)
        .env("RUSTDOCFLAGS", "-D warnings")
        .run()?;
    Ok(())
}

fn generated_server(workspace: &Workspace) -> anyhow::Result<()> {
    generate::run(workspace, Mode::Check)
}

fn compiler_tests(workspace: &Workspace) -> anyhow::Result<()> {
    let pavexc = pavexc::ensure(workspace.shell())?;
    let package = test::COMPILER_TESTS;
    cmd!(
        workspace.shell(),
        "cargo test --package {package} --all-features"
    )
    .envs(pavexc.variables())
    .run()?;
    Ok(())
}

fn seconds(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}
