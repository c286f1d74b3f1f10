//! A substitute for the official toolchain, on Debian systems where rustup cannot download it.
//!
//! pavexc runs rustdoc with unstable options and reads the JSON documentation of the standard
//! library from the toolchain. With `RUSTC_BOOTSTRAP`, the stable toolchain accepts such options.
//! The documentation is built from Debian's package of the standard library's source, which must be
//! of exactly the version of the stable compiler. pavexc 0.2.10 reads what Rust 1.95 writes.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use xshell::{Shell, cmd};

use super::compiler::{Pavexc, shell_quoted};
use crate::cache::{Cache, remove_if_there};
use crate::rustup::{DOCUMENTED_CRATES, JSON_DOCS, Toolchain, has_json_docs};

mod apt;

/// The name of the substitute in the list of rustup.
const TOOLCHAIN: &str = "pavexc-docs";

/// The toolchain that serves as the substitute.
const STABLE: &str = "stable";

pub(super) fn is_this_system(shell: &Shell) -> bool {
    apt::codename(shell).is_some()
}

/// The substitute for the present stable compiler, if an earlier run has built it.
pub(super) fn find(
    shell: &Shell,
    cache: &Cache,
    compiler: &Path,
) -> anyhow::Result<Option<Pavexc>> {
    let Some(release) = stable_release(shell) else {
        return Ok(None);
    };
    let root = cache.path().join(folder_name(&release));
    if !has_json_docs(&root) {
        return Ok(None);
    }
    link(shell, cache, compiler, &root).map(Some)
}

pub(super) fn build(shell: &Shell, cache: &Cache, compiler: &Path) -> anyhow::Result<Pavexc> {
    let release = stable_release(shell)
        .with_context(|| format!("rustup has no toolchain `{STABLE}` that could stand in"))?;
    eprintln!(
        "building the standard library's JSON documentation from Debian's source of Rust {release}"
    );
    let work = cache.partial("rust-src");
    remove_if_there(&work)?;
    let library = apt::unpack_rust_src(shell, &release, &work)?;
    let target = work.join("target");
    document(shell, &library, &target)?;
    let root = cache.folder(&folder_name(&release), |folder| {
        assemble(shell, &target.join("doc"), folder)
    })?;
    remove_if_there(&work)?;
    link(shell, cache, compiler, &root)
}

/// `1.95.0`, for example.
fn stable_release(shell: &Shell) -> Option<String> {
    let version = cmd!(shell, "rustup run {STABLE} rustc --version")
        .quiet()
        .ignore_stderr()
        .read()
        .ok()?;
    version.split_whitespace().nth(1).map(String::from)
}

fn folder_name(release: &str) -> String {
    format!("docs-{release}")
}

fn document(shell: &Shell, library: &Path, target: &Path) -> anyhow::Result<()> {
    // Cargo's configuration must come from there, where the vendored dependencies are.
    let _there = shell.push_dir(library);
    for name in DOCUMENTED_CRATES {
        cmd!(shell, "rustup run {STABLE} cargo rustdoc --quiet --lib")
            .args(["--manifest-path", "sysroot/Cargo.toml"])
            .args(["--package", name])
            .args([OsStr::new("--target-dir"), target.as_os_str()])
            .args(["-Zunstable-options", "--output-format", "json"])
            .args(["--", "--cap-lints", "allow"])
            .env("RUSTC_BOOTSTRAP", "1")
            .run()
            .with_context(|| format!("cannot document the crate `{name}`"))?;
    }
    Ok(())
}

/// A toolchain of the stable compiler with the documentation beside it.
fn assemble(shell: &Shell, docs: &Path, folder: &Path) -> anyhow::Result<()> {
    let json = folder.join(JSON_DOCS);
    shell.create_dir(&json)?;
    for name in DOCUMENTED_CRATES {
        shell.copy_file(docs.join(format!("{name}.json")), &json)?;
    }
    let sysroot = cmd!(shell, "rustup run {STABLE} rustc --print sysroot")
        .quiet()
        .read()?;
    for part in ["bin", "lib"] {
        let (target, link) = (Path::new(&sysroot).join(part), folder.join(part));
        cmd!(shell, "ln -s {target} {link}").quiet().run()?;
    }
    Ok(())
}

fn link(shell: &Shell, cache: &Cache, compiler: &Path, root: &Path) -> anyhow::Result<Pavexc> {
    // Linking anew what is linked already would break a pavexc that is running.
    let linked = Toolchain::find(shell, TOOLCHAIN)?;
    if linked.is_none_or(|it| it.root() != root) {
        cmd!(shell, "rustup toolchain link {TOOLCHAIN} {root}").read()?;
    }
    Ok(Pavexc {
        program: write_launcher(shell, cache, compiler)?,
        docs_toolchain: TOOLCHAIN,
    })
}

/// A script that starts pavexc with `RUSTC_BOOTSTRAP`.
///
/// The variable must be set for pavexc alone. For a shell, or for a `cargo` that starts pavexc in
/// the end, it would make cargo compile much of the workspace anew, because many build scripts read
/// it.
fn write_launcher(shell: &Shell, cache: &Cache, compiler: &Path) -> anyhow::Result<PathBuf> {
    let launcher = cache.path().join("bin/pavexc-on-stable");
    let compiler = shell_quoted(&compiler.display().to_string());
    let script = format!("#!/bin/sh\nRUSTC_BOOTSTRAP=1 exec {compiler} \"$@\"\n");
    if fs::read_to_string(&launcher).is_ok_and(|it| it == script) {
        return Ok(launcher);
    }
    let partial = cache.partial("pavexc-on-stable");
    fs::write(&partial, script)?;
    cmd!(shell, "chmod 755 {partial}").quiet().run()?;
    fs::rename(&partial, &launcher)?;
    Ok(launcher)
}
