//! The Pavex compiler, and the toolchain that it documents crates with.

mod compiler;
mod debian;
mod official;

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use xshell::{Shell, cmd};

pub(crate) use self::compiler::{Pavexc, shell_quoted};
use crate::cache::Cache;
use crate::workspace::Workspace;

/// The release of `pavexc_cli`; it must be the release of `pavex` that the workspace depends on.
const VERSION: &str = "0.2.10";

/// `cargo xtask pavexc`: makes the compiler available, then prints what a shell needs to use it.
pub(crate) fn print_exports(workspace: &Workspace) -> anyhow::Result<()> {
    let pavexc = ensure(workspace.shell())?;
    eprintln!(
        "pavexc {VERSION} is ready: it documents crates with the toolchain `{}`",
        pavexc.docs_toolchain
    );
    for (name, value) in pavexc.variables() {
        println!("export {name}={}", shell_quoted(&value));
    }
    Ok(())
}

/// Installs what is missing.
///
/// Quick if nothing is; safe to run again, also after a run that was interrupted.
pub(crate) fn ensure(shell: &Shell) -> anyhow::Result<Pavexc> {
    let cache = Cache::open()?;
    let _only_one_at_a_time = cache.lock()?;
    let compiler = ensure_compiler(shell, &cache)?;
    ensure_docs_toolchain(shell, &cache, compiler)
}

fn ensure_compiler(shell: &Shell, cache: &Cache) -> anyhow::Result<PathBuf> {
    let compiler = cache.path().join("bin/pavexc");
    if !is_of_our_version(shell, &compiler) {
        eprintln!("building pavexc {VERSION}, which takes some minutes, once");
        let root = cache.path();
        cmd!(
            shell,
            "cargo install pavexc_cli --version {VERSION} --locked --root {root}"
        )
        .run()
        .context("cannot build pavexc")?;
    }
    Ok(compiler)
}

fn is_of_our_version(shell: &Shell, compiler: &Path) -> bool {
    let version = cmd!(shell, "{compiler} --version")
        .quiet()
        .ignore_stderr()
        .read();
    version.is_ok_and(|it| it.split_whitespace().any(|word| word == VERSION))
}

/// Takes the toolchain that is there; else installs the official one; else makes a substitute.
fn ensure_docs_toolchain(
    shell: &Shell,
    cache: &Cache,
    compiler: PathBuf,
) -> anyhow::Result<Pavexc> {
    if official::is_installed(shell)? {
        return Ok(official::pavexc(compiler));
    }
    if let Some(pavexc) = debian::find(shell, cache, &compiler)? {
        return Ok(pavexc);
    }
    let Err(refusal) = official::install(shell) else {
        return Ok(official::pavexc(compiler));
    };
    eprintln!("rustup cannot install it: {refusal:#}");
    if !debian::is_this_system(shell) {
        bail!(
            "pavexc needs the toolchain `{0}`, and this system is not Debian, whose package of the \
             standard library's source could stand in for it. Install the toolchain with \
             `rustup toolchain install {0} --profile minimal --component rust-docs-json` \
             (RUSTUP_DIST_SERVER names a mirror, if you have one), then run this again",
            official::TOOLCHAIN
        );
    }
    debian::build(shell, cache, &compiler)
}
