//! `cargo xtask package`: the published crates as crates.io would get them.
//!
//! Cargo packs each crate. The packed crates are then unpacked into a workspace of their own and
//! compiled there, one by one, against each other.

use std::fs;
use std::path::Path;

use anyhow::{Context, bail, ensure};
use cargo_metadata::Package;
use xshell::cmd;

use crate::workspace::{Workspace, published};

const LICENSES: [&str; 2] = ["LICENSE-APACHE", "LICENSE-MIT"];

/// The other files that each crate must contain.
const REQUIRED: [&str; 2] = ["Cargo.toml", "README.md"];

/// The root of a library, and that of a program. Each crate has one of them.
const ROOTS: [&str; 2] = ["src/lib.rs", "src/main.rs"];

/// The files that a crate may contain besides, as folder and ending.
const ALLOWED: [(&str, &str); 3] = [("src/", ".rs"), ("src/", ".lua"), ("migrations/", ".sql")];

/// The files that cargo adds.
const ADDED_BY_CARGO: [&str; 3] = [".cargo_vcs_info.json", "Cargo.lock", "Cargo.toml.orig"];

pub(crate) fn check(workspace: &Workspace) -> anyhow::Result<()> {
    let metadata = workspace.metadata()?;
    let packages = published(&metadata);
    for package in &packages {
        check_manifest(package).with_context(|| format!("the manifest of {}", package.name))?;
        check_files(workspace, package).with_context(|| format!("the crate {}", package.name))?;
    }
    pack(workspace, &packages)?;
    compile(workspace, &packages)?;
    println!("{} crates are complete and compile alone", packages.len());
    Ok(())
}

fn pack(workspace: &Workspace, packages: &[&Package]) -> anyhow::Result<()> {
    let arguments = packages.iter().flat_map(|it| ["--package", &it.name]);
    // A developer wants to check changes before committing them.
    cmd!(
        workspace.shell(),
        "cargo package --allow-dirty --all-features --no-verify"
    )
    .args(arguments)
    .run()?;
    Ok(())
}

/// Compiles the packed crates.
///
/// `cargo package` could do it, but it keeps the unpacked sources of a dependency from one run to
/// the next, and takes the old ones as long as the version stays the same.
fn compile(workspace: &Workspace, packages: &[&Package]) -> anyhow::Result<()> {
    let target = workspace.target_directory()?;
    let packed = target.join("package");
    let unpacked = packed.join("unpacked");
    let shell = workspace.shell().clone();
    shell.remove_path(&unpacked)?;
    shell.create_dir(&unpacked)?;
    for package in packages {
        let archive = packed.join(format!("{}.crate", folder(package)));
        cmd!(shell, "tar -xzf {archive} -C {unpacked}").run()?;
    }
    shell.write_file(unpacked.join("Cargo.toml"), unpacked_workspace(packages))?;
    shell.copy_file(workspace.root().join("Cargo.lock"), &unpacked)?;
    shell.change_dir(&unpacked);
    for package in packages {
        let name = package.name.as_str();
        // With the setting of our workspace, cargo reuses the dependencies that it has compiled.
        cmd!(shell, "cargo check --all-features --package {name}")
            .env("CARGO_TARGET_DIR", &target)
            .env("CARGO_PROFILE_DEV_DEBUG", "line-tables-only")
            .run()?;
    }
    Ok(())
}

/// The manifest of a workspace in which the packed crates use each other.
fn unpacked_workspace(packages: &[&Package]) -> String {
    let mut manifest = "[workspace]\nmembers = [\"*\"]\nresolver = \"3\"\n".to_owned();
    manifest.push_str("\n[patch.crates-io]\n");
    for package in packages {
        let path = folder(package);
        manifest.push_str(&format!("{} = {{ path = \"{path}\" }}\n", package.name));
    }
    manifest
}

/// The folder in the archive of a packed crate, which has the same name.
fn folder(package: &Package) -> String {
    format!("{}-{}", package.name, package.version)
}

fn check_manifest(package: &Package) -> anyhow::Result<()> {
    ensure!(package.description.is_some(), "`description` is missing");
    ensure!(
        package.documentation.is_some(),
        "`documentation` is missing"
    );
    ensure!(!package.keywords.is_empty(), "`keywords` is missing");
    ensure!(!package.categories.is_empty(), "`categories` is missing");
    let docs_rs = &package.metadata["docs"]["rs"];
    ensure!(
        docs_rs["all-features"] == true,
        "`package.metadata.docs.rs` lacks `all-features = true`"
    );
    Ok(())
}

fn check_files(workspace: &Workspace, package: &Package) -> anyhow::Result<()> {
    let name = package.name.as_str();
    let list = cmd!(
        workspace.shell(),
        "cargo package --list --allow-dirty --package {name}"
    )
    .quiet()
    .read()?;
    check_list(&list.lines().collect::<Vec<_>>())?;
    let folder = package.manifest_path.parent();
    let folder = folder.context("a manifest is in a folder")?.as_std_path();
    for license in LICENSES {
        let is_ours = is_same_file(&workspace.root().join(license), &folder.join(license))?;
        ensure!(is_ours, "{license} is not the one at the root");
    }
    Ok(())
}

fn is_same_file(one: &Path, other: &Path) -> anyhow::Result<bool> {
    let read =
        |path: &Path| fs::read(path).with_context(|| format!("cannot read {}", path.display()));
    Ok(read(one)? == read(other)?)
}

/// Checks the paths of the files in a crate.
fn check_list(files: &[&str]) -> anyhow::Result<()> {
    for required in REQUIRED.iter().chain(&LICENSES) {
        ensure!(files.contains(required), "{required} is missing");
    }
    let has_root = ROOTS.iter().any(|root| files.contains(root));
    ensure!(has_root, "src/lib.rs and src/main.rs are missing");
    let is_expected = |file: &str| {
        let mut allowed = ALLOWED.iter();
        let mut known = REQUIRED.iter().chain(&LICENSES).chain(&ADDED_BY_CARGO);
        known.any(|it| *it == file)
            || allowed.any(|(folder, ending)| file.starts_with(folder) && file.ends_with(ending))
    };
    match files.iter().find(|file| !is_expected(file)) {
        Some(junk) => bail!("{junk} is not for users: leave it out of `include`"),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMPLETE: [&str; 6] = [
        "Cargo.toml",
        "Cargo.toml.orig",
        "LICENSE-APACHE",
        "LICENSE-MIT",
        "README.md",
        "src/lib.rs",
    ];

    #[test]
    fn a_crate_with_its_documents_and_sources_is_complete() {
        check_list(&COMPLETE).expect("complete");
        let more = ["src/store/mod.rs", "migrations/sqlite.sql"];
        check_list(&[&COMPLETE[..], &more].concat()).expect("complete");
        let program = COMPLETE.map(|file| file.replace("lib", "main"));
        let program: Vec<_> = program.iter().map(String::as_str).collect();
        check_list(&program).expect("complete");
    }

    #[test]
    fn a_crate_without_readme_or_license_is_refused() {
        for missing in ["README.md", "LICENSE-MIT", "LICENSE-APACHE", "src/lib.rs"] {
            let files = COMPLETE.into_iter().filter(|file| *file != missing);
            let error = check_list(&files.collect::<Vec<_>>()).expect_err(missing);
            assert!(error.to_string().starts_with(missing), "{error}");
        }
    }

    #[test]
    fn a_crate_with_files_of_tests_is_refused() {
        for junk in [
            "tests/all.rs",
            "src/snapshots/a.snap",
            "benches/a.rs",
            "data.db",
        ] {
            let error = check_list(&[&COMPLETE[..], &[junk]].concat()).expect_err(junk);
            assert!(error.to_string().starts_with(junk), "{error}");
        }
    }
}
