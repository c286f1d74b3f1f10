//! The toolchain that pavexc asks for by default, as rustup installs it.

use std::path::PathBuf;

use anyhow::bail;
use xshell::{Shell, cmd};

use super::compiler::Pavexc;
use crate::rustup::Toolchain;

/// pavexc's `DEFAULT_DOCS_TOOLCHAIN`: a nightly of Rust 1.91.
pub(super) const TOOLCHAIN: &str = "nightly-2025-08-04";

pub(super) fn is_installed(shell: &Shell) -> anyhow::Result<bool> {
    Ok(Toolchain::find(shell, TOOLCHAIN)?.is_some_and(|it| it.has_json_docs()))
}

pub(super) fn pavexc(compiler: PathBuf) -> Pavexc {
    Pavexc {
        program: compiler,
        docs_toolchain: TOOLCHAIN,
    }
}

/// Installs the toolchain. An error contains the first line of rustup, which has the cause.
pub(super) fn install(shell: &Shell) -> anyhow::Result<()> {
    eprintln!("installing the toolchain {TOOLCHAIN}");
    let output = cmd!(
        shell,
        "rustup toolchain install {TOOLCHAIN} --profile minimal --component rust-docs-json"
    )
    .quiet()
    .ignore_status()
    .output()?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let complaint = said.lines().map(str::trim).find(|line| is_complaint(line));
    bail!("{}", complaint.unwrap_or("it does not say why"));
}

/// rustup begins with news of what it is about to do.
fn is_complaint(line: &str) -> bool {
    !line.is_empty() && !line.starts_with("info:")
}
