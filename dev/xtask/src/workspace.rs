//! The Cargo workspace that the commands work on.

use std::path::{Path, PathBuf};

use anyhow::Context;
use cargo_metadata::{Metadata, MetadataCommand, Package};
use xshell::Shell;

#[derive(Debug)]
pub(crate) struct Workspace {
    root: PathBuf,
    shell: Shell,
}

impl Workspace {
    /// The workspace that this crate is a member of.
    pub(crate) fn of_this_crate() -> anyhow::Result<Self> {
        // The value at run time comes first: the folder may have been moved since the compilation.
        let manifest_dir = std::env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
        let root = manifest_dir
            .ancestors()
            .nth(2)
            .context("xtask must lie in a folder of a folder of the workspace")?;
        Self::at(root)
    }

    pub(crate) fn at(root: &Path) -> anyhow::Result<Self> {
        let shell = Shell::new()?;
        shell.change_dir(root);
        Ok(Self {
            root: root.to_owned(),
            shell,
        })
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// A shell whose current directory is the root.
    pub(crate) fn shell(&self) -> &Shell {
        &self.shell
    }

    /// All packages with all their features, and how they depend on each other.
    pub(crate) fn metadata(&self) -> anyhow::Result<Metadata> {
        let mut command = MetadataCommand::new();
        command.current_dir(&self.root);
        command.other_options(["--all-features".to_owned()]);
        command.exec().context("cargo metadata failed")
    }

    /// Where cargo puts what it builds.
    pub(crate) fn target_directory(&self) -> anyhow::Result<PathBuf> {
        let mut command = MetadataCommand::new();
        command.current_dir(&self.root).no_deps();
        let metadata = command.exec().context("cargo metadata failed")?;
        Ok(metadata.target_directory.into())
    }
}

/// The members that users of the library can depend on: those without `publish = false`.
pub(crate) fn published(metadata: &Metadata) -> Vec<&Package> {
    let is_published =
        |package: &&Package| package.publish.as_ref().is_none_or(|to| !to.is_empty());
    metadata
        .workspace_packages()
        .into_iter()
        .filter(is_published)
        .collect()
}
