//! `cargo xtask test`: the tests that need nothing but a Rust toolchain.

use xshell::cmd;

use crate::workspace::Workspace;

/// The member whose tests run pavexc.
pub(crate) const COMPILER_TESTS: &str = "compiler_tests";

/// Unit tests, integration tests and doctests of every member but [`COMPILER_TESTS`].
pub(crate) fn run(workspace: &Workspace) -> anyhow::Result<()> {
    // Not `--all-targets`: that leaves out the doctests.
    cmd!(
        workspace.shell(),
        "cargo test --workspace --exclude {COMPILER_TESTS} --all-features"
    )
    .run()?;
    Ok(())
}
