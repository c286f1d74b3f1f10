//! A project as `pavexc new` makes it, to which blocks of the README are added.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use xshell::{Shell, TempDir, cmd};

use super::readme::{Block, Place};
use crate::generate;
use crate::pavexc::{Pavexc, shell_quoted};
use crate::workspace::{Workspace, published};

/// The name that the README gives to the folder of this repository, beside the project.
const REPOSITORY: &str = "sessions";

/// The name of the project in the README.
const PROJECT: &str = "shop";

/// The client of the project's tests. They use no TLS, for which it requires OpenSSL.
const WITH_TLS: &str = "reqwest = \"0.12\"";

const WITHOUT_TLS: &str = "reqwest = { version = \"0.12\", default-features = false }\n";

/// A project in a temporary folder, outside the workspace.
///
/// All sections of the README make it anew at the same place, so that cargo compiles the crates of
/// this repository only once.
#[derive(Debug)]
pub(super) struct Project<'a> {
    folder: TempDir,
    /// A shell whose current directory is the root of the project.
    shell: Shell,
    workspace: &'a Workspace,
    pavexc: &'a Pavexc,
}

impl<'a> Project<'a> {
    /// Prepares the folder.
    pub(super) fn new(workspace: &'a Workspace, pavexc: &'a Pavexc) -> anyhow::Result<Self> {
        let shell = Shell::new()?;
        let folder = shell.create_temp_dir()?;
        symlink(workspace.root(), folder.path().join(REPOSITORY))?;
        let target = workspace.target_directory()?.join("quick_start");
        shell.set_var("CARGO_TARGET_DIR", target);
        shell.set_var("CARGO_PROFILE_DEV_DEBUG", "none");
        let project = Self {
            folder,
            shell,
            workspace,
            pavexc,
        };
        project.write_compiler()?;
        project.shell.change_dir(project.root());
        Ok(project)
    }

    /// Makes the project anew, as it is before the first step of the README.
    pub(super) fn start_anew(&self) -> anyhow::Result<()> {
        self.shell.remove_path(self.root())?;
        self.forget_documentation()?;
        let program = self.pavexc.program();
        {
            let _parent = self.shell.push_dir(self.folder.path());
            cmd!(self.shell, "{program} new {PROJECT}")
                .quiet()
                .ignore_stderr()
                .run()?;
        }
        // The versions that the workspace has compiled.
        let versions = self.workspace.root().join("Cargo.lock");
        self.shell.copy_file(versions, self.root())?;
        self.edit("server/Cargo.toml", |text| {
            replace(text, WITH_TLS, WITHOUT_TLS)
        })
    }

    /// Has the compiler document the crates of this repository again.
    ///
    /// pavexc keeps the documentation of a crate in its cache, and cargo keeps the file that pavexc
    /// reads. Neither distinguishes the features with which a crate was documented.
    fn forget_documentation(&self) -> anyhow::Result<()> {
        self.shell.remove_path(self.home())?;
        let documentation = generate::target_directory(self.workspace)?.join("doc");
        for package in published(&self.workspace.metadata()?) {
            let file = documentation.join(format!("{}.json", package.name));
            self.shell.remove_path(file)?;
        }
        Ok(())
    }

    /// The home directory of the compiler, which has its cache there.
    fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    pub(super) fn root(&self) -> PathBuf {
        self.folder.path().join(PROJECT)
    }

    /// Follows the README: adds a block to its file, or runs its command.
    pub(super) fn add(&self, block: &Block) -> anyhow::Result<()> {
        match &block.place {
            Place::Command => {
                let script = &block.code;
                cmd!(self.shell, "sh -euc {script}").quiet().run()?;
                Ok(())
            }
            Place::File(file) => self.edit(file, |_| Ok(block.code.clone())),
            Place::EndOf(file) => self.edit(file, |text| Ok(append(text, &block.code))),
            Place::Below { file, line } => self.edit(file, |text| {
                replace(text, line, &format!("{line}\n{}", block.code))
            }),
            Place::InPlaceOf { file, line } => {
                self.edit(file, |text| replace(text, line, &block.code))
            }
        }
    }

    fn edit(
        &self,
        file: &str,
        change: impl FnOnce(&str) -> anyhow::Result<String>,
    ) -> anyhow::Result<()> {
        let path = self.root().join(file);
        let text = match path.exists() {
            true => fs::read_to_string(&path)?,
            false => String::new(),
        };
        let changed = change(&text).with_context(|| format!("cannot change {file}"))?;
        fs::write(&path, changed).with_context(|| format!("cannot write {file}"))
    }

    /// Does the work of `cargo px build`: generates the server, then compiles it.
    ///
    /// Returns the path of the server.
    pub(super) fn build(&self) -> anyhow::Result<PathBuf> {
        self.generate()?;
        println!("    building the server");
        cmd!(self.shell, "cargo build --quiet --package server").run()?;
        let target = self.shell.var("CARGO_TARGET_DIR")?;
        Ok(Path::new(&target).join("debug/server"))
    }

    /// Runs the tests that the project has from the beginning.
    pub(super) fn test(&self, environment: &[(&str, String)]) -> anyhow::Result<()> {
        println!("    running the tests of the project");
        cmd!(self.shell, "cargo test --quiet --package server")
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .ignore_stdout()
            .run()
            .context("the tests of the project fail")
    }

    fn generate(&self) -> anyhow::Result<()> {
        let path = self.shell.var("PATH")?;
        let bin = self.folder.path().join("bin");
        let root = self.root();
        println!("    generating the server");
        cmd!(self.shell, "cargo run --quiet --package app --bin bp")
            .quiet()
            .envs(self.pavexc.variables())
            .env("PATH", format!("{}:{path}", bin.display()))
            .env("CARGO_PX_WORKSPACE_ROOT_DIR", &root)
            .env(
                "CARGO_PX_GENERATED_PKG_MANIFEST_PATH",
                root.join("server_sdk/Cargo.toml"),
            )
            .run()
            .context("pavexc refused the blueprint: its reasons are above")
    }

    /// Writes the program `pavex` that the project runs, into the folder `bin`.
    ///
    /// It documents crates where the generation of the example has documented most of them already.
    fn write_compiler(&self) -> anyhow::Result<()> {
        let mut script = "#!/bin/sh\n".to_owned();
        let own = [
            ("HOME", self.home()),
            (
                "CARGO_TARGET_DIR",
                generate::target_directory(self.workspace)?,
            ),
        ];
        for (variable, value) in own.into_iter().chain(tool_directories()?) {
            let value = shell_quoted(&value.display().to_string());
            script.push_str(&format!("export {variable}={value}\n"));
        }
        let program = shell_quoted(&self.pavexc.program().display().to_string());
        script.push_str(&format!("exec {program} \"$@\"\n"));
        let pavex = self.folder.path().join("bin/pavex");
        self.shell.write_file(&pavex, script)?;
        cmd!(self.shell, "chmod 755 {pavex}").quiet().run()?;
        Ok(())
    }
}

/// The directories that cargo and rustup use whatever the home directory is.
fn tool_directories() -> anyhow::Result<[(&'static str, PathBuf); 2]> {
    let home = std::env::home_dir().context("there is no home directory")?;
    let directories = [("CARGO_HOME", ".cargo"), ("RUSTUP_HOME", ".rustup")];
    Ok(directories.map(|(variable, folder)| {
        let value = std::env::var_os(variable).map(PathBuf::from);
        (variable, value.unwrap_or_else(|| home.join(folder)))
    }))
}

fn append(text: &str, code: &str) -> String {
    let text = text.trim_end();
    match text.is_empty() {
        true => code.to_owned(),
        false => format!("{text}\n{code}"),
    }
}

/// Puts `code` in place of the only line that is `line`, apart from its indentation.
fn replace(text: &str, line: &str, code: &str) -> anyhow::Result<String> {
    let is_it = |it: &str| it.trim() == line.trim();
    let count = text.lines().filter(|it| is_it(it)).count();
    ensure!(
        count == 1,
        "it has the line `{line}` {count} times, not once"
    );
    let lines = text.lines().map(|it| match is_it(it) {
        true => indented(code, &it[..it.len() - it.trim_start().len()]),
        false => format!("{it}\n"),
    });
    Ok(lines.collect())
}

fn indented(code: &str, indentation: &str) -> String {
    let lines = code.lines();
    lines.map(|line| format!("{indentation}{line}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_is_appended_on_a_line_of_its_own() {
        assert_eq!(append("a: 1", "b: 2\n"), "a: 1\nb: 2\n");
        assert_eq!(append("a: 1\n\n", "b: 2\n"), "a: 1\nb: 2\n");
        assert_eq!(append("", "b: 2\n"), "b: 2\n");
    }

    #[test]
    fn a_line_is_replaced_with_its_indentation() {
        let replaced = replace("{\n  a();\n}\n", "a();", "b();\nc();\n").expect("one line");
        assert_eq!(replaced, "{\n  b();\n  c();\n}\n");
    }

    #[test]
    fn a_line_that_is_missing_or_ambiguous_is_an_error() {
        assert!(replace("a\n", "b", "c\n").is_err());
        assert!(replace("b\nb\n", "b", "c\n").is_err());
    }
}
