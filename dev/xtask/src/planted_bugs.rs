//! `cargo xtask planted-bugs`: checks that the search of `dev/schedules` finds planted bugs.
//!
//! Each patch in `dev/schedules/planted_bugs` plants one bug in a copy of the library. The search,
//! with the seed and the number of runs of its test, must find a broken promise then. Without a
//! patch, it must find nothing.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use xshell::{Shell, cmd};

use crate::schedules;
use crate::workspace::Workspace;

const PATCHES: &str = "dev/schedules/planted_bugs";

/// The crates that the search needs, and the one that tests of them need.
const CRATES: [&str; 4] = [
    "session",
    "session_memory",
    "session_conformance",
    "dev/schedules",
];

/// The folder of the crates in their workspace.
///
/// Cargo distinguishes crates by their path in the workspace, and both workspaces use one target
/// folder. With the path of the original, cargo would use the original in place of the copy.
const COPY: &str = "copy";

/// The number of runs, and the seed, as in the test of the search.
const SEARCH: [&str; 2] = ["10000", "1"];

/// A violation of this promise is a crash, which any test could find.
const CRASH: &str = "NoPanic";

/// Plants all bugs, or those whose files have one of the names, one by one.
pub(crate) fn check(workspace: &Workspace, names: &[String]) -> anyhow::Result<()> {
    let patches = patches(workspace, names)?;
    let copy = Copy::new(workspace)?;
    if let Some(failure) = copy.search()? {
        bail!("without a planted bug, the search fails: {failure}");
    }
    println!("without a planted bug: no broken promise");
    let mut missed = Vec::new();
    for patch in &patches {
        let name = patch.file_stem().unwrap_or_default().display().to_string();
        match copy.search_with(patch).context(name.clone())? {
            Some(failure) if !failure.contains(CRASH) => println!("{name}: {failure}"),
            other => {
                println!("{name}: {}", other.as_deref().unwrap_or("NOT FOUND"));
                missed.push(name);
            }
        }
    }
    ensure!(missed.is_empty(), "not found: {}", missed.join(", "));
    println!("all {} planted bugs were found", patches.len());
    Ok(())
}

fn patches(workspace: &Workspace, names: &[String]) -> anyhow::Result<Vec<PathBuf>> {
    let folder = workspace.root().join(PATCHES);
    let mut patches = workspace.shell().read_dir(&folder)?;
    patches.retain(|path| path.extension().is_some_and(|it| it == "patch"));
    if names.is_empty() {
        return Ok(patches);
    }
    let find = |name: &String| {
        let mut patches = patches.iter();
        let found = patches.find(|path| path.file_stem().is_some_and(|it| *it == **name));
        let found = found.with_context(|| format!("{PATCHES}/{name}.patch does not exist"));
        found.cloned()
    };
    names.iter().map(find).collect()
}

/// A copy of the crates, in a workspace of its own.
struct Copy<'a> {
    workspace: &'a Workspace,
    root: PathBuf,
    shell: Shell,
}

impl<'a> Copy<'a> {
    fn new(workspace: &'a Workspace) -> anyhow::Result<Self> {
        let root = workspace.target_directory()?.join("planted_bugs");
        let shell = workspace.shell().clone();
        shell.remove_path(&root)?;
        for folder in CRATES {
            copy_folder(
                &workspace.root().join(folder),
                &root.join(COPY).join(folder),
            )?;
        }
        let manifest = shell.read_file(workspace.root().join("Cargo.toml"))?;
        shell.write_file(root.join("Cargo.toml"), of_copies(&manifest)?)?;
        shell.copy_file(workspace.root().join("Cargo.lock"), &root)?;
        shell.change_dir(root.join(COPY));
        // Otherwise, git would apply patches to the repository around the copy.
        shell.set_var("GIT_CEILING_DIRECTORIES", workspace.root());
        Ok(Self {
            workspace,
            root,
            shell,
        })
    }

    /// Searches with a planted bug, and removes it again. Returns a line about the broken promise.
    fn search_with(&self, patch: &Path) -> anyhow::Result<Option<String>> {
        cmd!(self.shell, "git apply {patch}").quiet().run()?;
        let outcome = self.search();
        cmd!(self.shell, "git apply --reverse {patch}")
            .quiet()
            .run()?;
        outcome
    }

    fn search(&self) -> anyhow::Result<Option<String>> {
        let program = schedules::build(self.workspace, &self.shell)?;
        let output = cmd!(self.shell, "{program} {SEARCH...}")
            .quiet()
            .ignore_status()
            .output()?;
        let printed = String::from_utf8_lossy(&output.stdout);
        match output.status.code() {
            Some(0) => Ok(None),
            Some(1) => {
                let mut lines = printed.lines();
                let found = lines.find(|line| line.starts_with("found "));
                Ok(Some(
                    found.context("no line begins with `found`")?.to_owned(),
                ))
            }
            _ => bail!(
                "the search failed in {}: {}",
                self.root.display(),
                String::from_utf8_lossy(&output.stderr)
            ),
        }
    }
}

fn copy_folder(from: &Path, to: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from).with_context(|| format!("cannot read {}", from.display()))? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        match entry.file_type()?.is_dir() {
            true => copy_folder(&entry.path(), &to)?,
            false => _ = fs::copy(entry.path(), &to)?,
        }
    }
    Ok(())
}

/// Returns the manifest of a workspace with the copies of [`CRATES`] as its only members.
fn of_copies(manifest: &str) -> anyhow::Result<String> {
    let lists = ["members = [", "default-members = ["];
    let mut copied = String::new();
    let mut in_list = false;
    for line in manifest.lines() {
        in_list |= lists.iter().any(|list| line.starts_with(list));
        if !in_list {
            copied.push_str(&line.replace("path = \"", &format!("path = \"{COPY}/")));
            copied.push('\n');
        }
        in_list &= !line.ends_with(']');
    }
    ensure!(
        copied.contains("[workspace]"),
        "the manifest has no members"
    );
    let members = CRATES.map(|folder| format!("{COPY}/{folder}"));
    let members = format!("[workspace]\nmembers = {members:?}");
    Ok(copied.replacen("[workspace]", &members, 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_members_of_the_copied_workspace_are_the_crates_of_the_search() {
        let manifest = "[workspace]\nresolver = \"3\"\nmembers = [\n    \"a\",\n    \"b\",\n]\n\
                        default-members = [\"a\"]\n\n[workspace.dependencies]\n\
                        session = { path = \"session\" }\n";
        let expected = "[workspace]\nmembers = [\"copy/session\", \"copy/session_memory\", \
                        \"copy/session_conformance\", \"copy/dev/schedules\"]\n\
                        resolver = \"3\"\n\n[workspace.dependencies]\n\
                        session = { path = \"copy/session\" }\n";
        assert_eq!(of_copies(manifest).unwrap(), expected);
    }
}
