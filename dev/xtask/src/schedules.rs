//! The search in `dev/schedules`: its tests, and its long form, `cargo xtask search`.

use std::path::PathBuf;

use anyhow::ensure;
use xshell::{Shell, cmd};

use crate::workspace::Workspace;

/// The member that searches.
pub(crate) const PACKAGE: &str = "schedules";

/// The profile with which it is fast, and quick to build again.
const PROFILE: &str = "search";

pub(crate) fn test(workspace: &Workspace) -> anyhow::Result<()> {
    let shell = workspace.shell();
    cmd!(shell, "cargo test --profile {PROFILE} --package {PACKAGE}").run()?;
    Ok(())
}

/// Runs the search with the given numbers: of runs, and of the seed.
pub(crate) fn search(workspace: &Workspace, arguments: &[String]) -> anyhow::Result<()> {
    let program = build(workspace, workspace.shell())?;
    cmd!(workspace.shell(), "{program} {arguments...}").run()?;
    Ok(())
}

/// Builds the search of the workspace in which the shell is, and returns the path of the program.
pub(crate) fn build(workspace: &Workspace, shell: &Shell) -> anyhow::Result<PathBuf> {
    let target = workspace.target_directory()?;
    let built = cmd!(
        shell,
        "cargo build --quiet --profile {PROFILE} --package {PACKAGE}"
    )
    .env("CARGO_TARGET_DIR", &target)
    .quiet()
    .ignore_status()
    .output()?;
    // A planted bug may leave unused code, which is not worth a warning.
    let printed = String::from_utf8_lossy(&built.stderr);
    ensure!(
        built.status.success(),
        "the search does not compile:\n{printed}"
    );
    let name = format!("{PACKAGE}{}", std::env::consts::EXE_SUFFIX);
    Ok(target.join(PROFILE).join(name))
}
