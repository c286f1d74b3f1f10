//! A copy of the workspace, for pavexc to write to.
//!
//! pavexc adds the crate that it generates to the members of the workspace it runs in. So it runs
//! in a folder below `target`, which looks like the workspace to cargo: its manifest is that of the
//! root with other members, its folders are links to those of the root.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use anyhow::Context;

/// The folder of the crate that pavexc generates, from the root of the copy.
pub(crate) const GENERATED: &str = "generated";

/// The members of the copy; cargo adds those on which they depend.
const MEMBERS: &str = r#"members = ["dev/compiler_tests", "generated"]"#;

/// An empty crate, for cargo to find before pavexc has generated anything.
const EMPTY_MANIFEST: &str = "[package]\nname = \"generated\"\nversion = \"0.0.0\"\n";

/// The copy, which nobody else changes until this is dropped.
#[derive(Debug)]
pub(crate) struct Workspace {
    root: PathBuf,
    _lock: File,
}

impl Workspace {
    /// Waits until no other test uses the copy, then brings it up to date.
    pub(crate) fn lock() -> anyhow::Result<Self> {
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("workspace");
        fs::create_dir_all(&root)?;
        let lock = File::create(root.join("lock"))?;
        lock.lock()?;
        let workspace = Self { root, _lock: lock };
        workspace.update().context("cannot copy the workspace")?;
        Ok(workspace)
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn generated_code(&self) -> anyhow::Result<String> {
        Ok(fs::read_to_string(self.generated().join("src/lib.rs"))?)
    }

    fn generated(&self) -> PathBuf {
        self.root.join(GENERATED)
    }

    fn update(&self) -> anyhow::Result<()> {
        let original = original();
        let manifest = fs::read_to_string(original.join("Cargo.toml"))?;
        fs::write(self.root.join("Cargo.toml"), with_our_members(&manifest))?;
        fs::copy(original.join("Cargo.lock"), self.root.join("Cargo.lock"))?;
        for entry in fs::read_dir(original)? {
            let folder = entry?.path();
            if folder.join("Cargo.toml").is_file() || folder.ends_with("dev") {
                self.link(&folder)?;
            }
        }
        self.empty_the_generated_crate()
    }

    fn link(&self, folder: &Path) -> anyhow::Result<()> {
        let name = folder.file_name().context("a folder must have a name")?;
        let link = self.root.join(name);
        match fs::read_link(&link) {
            Ok(target) if target == folder => return Ok(()),
            Ok(_of_another_workspace) => fs::remove_file(&link)?,
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error.into()),
        }
        Ok(symlink(folder, link)?)
    }

    fn empty_the_generated_crate(&self) -> anyhow::Result<()> {
        let generated = self.generated();
        fs::create_dir_all(generated.join("src"))?;
        fs::write(generated.join("Cargo.toml"), EMPTY_MANIFEST)?;
        fs::write(generated.join("src/lib.rs"), "")?;
        Ok(())
    }
}

/// The root of the workspace that this crate is a member of.
fn original() -> &'static Path {
    let ours = Path::new(env!("CARGO_MANIFEST_DIR"));
    ours.ancestors().nth(2).unwrap_or(ours)
}

/// The manifest of a workspace with [`MEMBERS`] in place of its own.
fn with_our_members(manifest: &str) -> String {
    let mut lines = Vec::new();
    let mut inside = false;
    for line in manifest.lines() {
        inside |= line.starts_with("members = ") || line.starts_with("default-members = ");
        if !inside {
            lines.push(line);
        }
        inside &= !line.contains(']');
        if line == "[workspace]" {
            lines.push(MEMBERS);
        }
    }
    lines.join("\n")
}

#[test]
fn the_copy_has_its_own_members_and_everything_else() {
    let manifest = "[workspace]\nresolver = \"3\"\nmembers = [\n    \"a\",\n]\n\
                    default-members = [\"a\"]\n\n[workspace.package]\nversion = \"1.0.0\"";
    let expected = format!(
        "[workspace]\n{MEMBERS}\nresolver = \"3\"\n\n[workspace.package]\nversion = \"1.0.0\""
    );
    assert_eq!(with_our_members(manifest), expected);
}
