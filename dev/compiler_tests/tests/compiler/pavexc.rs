//! Runs of pavexc.

use std::env;
use std::path::Path;
use std::process::{Command, Output};

use anyhow::Context;
use pavex::Blueprint;

use crate::report;
use crate::workspace::{GENERATED, Workspace};

/// The way to make the variables available.
const HINT: &str = "these tests run pavexc: start them with `cargo xtask ci`, or prepare the shell \
                    with `eval \"$(cargo xtask pavexc)\"`";

/// The variables that replace properties of the terminal.
const PRESENTATION: [(&str, &str); 5] = [
    ("PAVEX_TTY_WIDTH", "140"),
    ("FORCE_HYPERLINK", "0"),
    ("LC_ALL", "C.UTF-8"),
    ("TERM", "dumb"),
    ("RUST_BACKTRACE", "0"),
];

/// Variables that a shell may have set for another use of pavexc.
const NOT_OURS: [&str; 5] = [
    "NO_GRAPHICS",
    "PAVEXC_DEBUG",
    "PAVEXC_DIAGNOSTICS",
    "PAVEXC_LOG",
    "PAVEXC_PRECOMPUTED_METADATA",
];

/// The result of a run.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// The generated code, if pavexc accepted the blueprint.
    pub(crate) code: Option<String>,
    /// The report of pavexc, empty if there is none.
    pub(crate) report: String,
}

/// Compiles a blueprint.
pub(crate) fn compile(blueprint: &Blueprint) -> Outcome {
    match try_compile(blueprint) {
        Ok(outcome) => outcome,
        Err(error) => panic!("pavexc cannot be run: {error:#}"),
    }
}

/// Compiles a valid blueprint, and returns the generated code.
pub(crate) fn generate(blueprint: &Blueprint) -> String {
    let Outcome { code, report } = compile(blueprint);
    assert_eq!(report, "", "pavexc reports something");
    code.expect("pavexc generates code unless it reports an error")
}

/// Compiles an invalid blueprint, and returns the report.
pub(crate) fn refusal(blueprint: &Blueprint) -> String {
    let Outcome { code, report } = compile(blueprint);
    assert_eq!(code, None, "pavexc accepts the blueprint");
    report
}

fn try_compile(blueprint: &Blueprint) -> anyhow::Result<Outcome> {
    let mut command = command()?;
    let workspace = Workspace::lock()?;
    let file = workspace.root().join("blueprint.ron");
    blueprint.persist(&file)?;
    let output = command
        .args([Path::new("--blueprint"), &file])
        .env("CARGO_TARGET_DIR", workspace.root().join("target"))
        .current_dir(workspace.root())
        .output()
        .with_context(|| format!("cannot start {:?}", command.get_program()))?;
    outcome(&workspace, &output)
}

fn command() -> anyhow::Result<Command> {
    let mut command = Command::new(variable("PAVEX_PAVEXC")?);
    command
        .args(["--quiet", "--color=never", "generate"])
        .args(["--output", GENERATED])
        .args(["--docs-toolchain", &variable("PAVEXC_DOCS_TOOLCHAIN")?])
        // The crates of the workspace do not change from one test to the next.
        .arg("--cache-workspace-packages")
        .envs(PRESENTATION);
    for name in NOT_OURS {
        command.env_remove(name);
    }
    Ok(command)
}

fn variable(name: &str) -> anyhow::Result<String> {
    let value = env::var(name).ok();
    value.with_context(|| format!("the environment variable {name} is not set; {HINT}"))
}

fn outcome(workspace: &Workspace, output: &Output) -> anyhow::Result<Outcome> {
    let printed = String::from_utf8_lossy(&output.stderr);
    let code = match output.status.success() {
        true => Some(workspace.generated_code()?),
        false => None,
    };
    let report = report::normalized(&printed);
    anyhow::ensure!(code.is_some() || !report.is_empty(), "{printed}");
    Ok(Outcome { code, report })
}
