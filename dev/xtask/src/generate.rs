//! `cargo xtask generate`: the server that pavexc writes from the blueprint of the example.
//!
//! The binary `bp` of the example writes the blueprint to a file below `target`, then pavexc
//! compiles that file. With two steps, a check leaves the work tree alone, and each step has its
//! environment.

use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use xshell::cmd;

use crate::pavexc::{self, Pavexc};
use crate::workspace::Workspace;

/// The folder of the generated crate, from the root of the workspace.
const SERVER_SDK: &str = "example_app/server_sdk";

/// The configuration that keeps rustfmt off the generated code, as in projects of `pavexc new`.
const RUSTFMT_TOML: &str = "\
# The code in this folder is generated: pavexc lays it out, rustfmt leaves it alone.
disable_all_formatting = true
";

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Mode {
    /// Write the crate anew.
    Update,
    /// Fail if [`Mode::Update`] would change anything; change nothing.
    Check,
}

pub(crate) fn run(workspace: &Workspace, mode: Mode) -> anyhow::Result<()> {
    let pavexc = pavexc::ensure(workspace.shell())?;
    let target = target_directory(workspace)?;
    let blueprint = write_blueprint(workspace, &target.join("blueprint"))?;
    match mode {
        Mode::Update => update(workspace, &pavexc, &blueprint, &target),
        Mode::Check => check(workspace, &pavexc, &blueprint, &target),
    }
}

/// Returns the target directory for pavexc.
///
/// pavexc documents crates with flags and variables of its own. In a target directory shared with
/// everyday builds, each of the two would make the other start from nothing.
pub(crate) fn target_directory(workspace: &Workspace) -> anyhow::Result<PathBuf> {
    Ok(workspace.target_directory()?.join("pavexc"))
}

/// Has `bp` write the blueprint into `directory`, without compiling it.
fn write_blueprint(workspace: &Workspace, directory: &Path) -> anyhow::Result<PathBuf> {
    let shell = workspace.shell();
    let blueprint = directory.join("blueprint.ron");
    shell.remove_path(&blueprint)?;
    shell.create_dir(directory)?;
    // `bp` first persists the blueprint, then starts the compiler that this variable names.
    // `true` is one that does nothing.
    cmd!(shell, "cargo run --quiet -p app --bin bp -- {directory}")
        .env("PAVEX_PAVEXC", "true")
        .run()?;
    ensure!(
        blueprint.exists(),
        "`bp` wrote no {}: it must pass its argument on to pavexc_cli_client as the output directory",
        blueprint.display()
    );
    Ok(blueprint)
}

fn update(
    workspace: &Workspace,
    pavexc: &Pavexc,
    blueprint: &Path,
    target: &Path,
) -> anyhow::Result<()> {
    pavexc
        .generate(workspace.shell(), blueprint, SERVER_SDK, target)
        .run()
        .context("pavexc refused the blueprint: its reasons are above")?;
    keep_rustfmt_off(workspace)?;
    eprintln!("{SERVER_SDK} is up to date");
    Ok(())
}

fn keep_rustfmt_off(workspace: &Workspace) -> anyhow::Result<()> {
    let path = workspace.root().join(SERVER_SDK).join("rustfmt.toml");
    if !path.exists() {
        workspace.shell().write_file(path, RUSTFMT_TOML)?;
    }
    Ok(())
}

fn check(
    workspace: &Workspace,
    pavexc: &Pavexc,
    blueprint: &Path,
    target: &Path,
) -> anyhow::Result<()> {
    pavexc
        .generate(workspace.shell(), blueprint, SERVER_SDK, target)
        .arg("--check")
        .run()
        .with_context(|| {
            format!(
                "pavexc's reasons are above. If a file of {SERVER_SDK} is not up to date, \
                 run `cargo xtask generate` and commit what it writes"
            )
        })?;
    eprintln!("{SERVER_SDK} is up to date");
    Ok(())
}
