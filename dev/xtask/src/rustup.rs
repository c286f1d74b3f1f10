//! The toolchains in the list of rustup.

use std::path::{Path, PathBuf};

use anyhow::Context;
use xshell::{Shell, cmd};

#[derive(Debug, PartialEq)]
pub(crate) struct Toolchain {
    name: String,
    root: PathBuf,
}

impl Toolchain {
    /// The toolchain of that name, with or without a host triple at its end, if it is installed.
    pub(crate) fn find(shell: &Shell, name: &str) -> anyhow::Result<Option<Self>> {
        let list = cmd!(shell, "rustup toolchain list --verbose")
            .quiet()
            .read()
            .context(
                "cannot ask rustup, through which pavexc finds the toolchain it documents crates with",
            )?;
        Ok(list
            .lines()
            .filter_map(Self::parse)
            .find(|it| it.is_called(name)))
    }

    /// Reads a line such as `stable-x86_64-unknown-linux-gnu (active, default) /path/to/it`.
    fn parse(line: &str) -> Option<Self> {
        let (name, rest) = line.split_once(char::is_whitespace)?;
        let rest = rest.trim_start();
        let root = match rest.strip_prefix('(') {
            Some(notes) => notes.split_once(')')?.1,
            None => rest,
        };
        Some(Self {
            name: name.to_owned(),
            root: root.trim().into(),
        })
    }

    fn is_called(&self, name: &str) -> bool {
        self.name
            .strip_prefix(name)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Does it carry the standard library's documentation as JSON?
    pub(crate) fn has_json_docs(&self) -> bool {
        has_json_docs(&self.root)
    }
}

/// The crates whose documentation pavexc reads from the toolchain.
pub(crate) const DOCUMENTED_CRATES: [&str; 3] = ["core", "alloc", "std"];

/// The folder in a toolchain where pavexc looks for them.
pub(crate) const JSON_DOCS: &str = "share/doc/rust/json";

pub(crate) fn has_json_docs(toolchain_root: &Path) -> bool {
    let docs = toolchain_root.join(JSON_DOCS);
    DOCUMENTED_CRATES
        .iter()
        .all(|name| docs.join(format!("{name}.json")).is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root_of(line: &str) -> Option<PathBuf> {
        Toolchain::parse(line).map(|it| it.root)
    }

    #[test]
    fn the_path_of_a_toolchain_follows_its_name_and_notes() {
        let path = Some(PathBuf::from("/home/a b/toolchains/stable"));
        for line in [
            "stable /home/a b/toolchains/stable",
            "stable (active, default) /home/a b/toolchains/stable",
            "stable (default)\t/home/a b/toolchains/stable",
        ] {
            assert_eq!(root_of(line), path, "{line}");
        }
        assert_eq!(root_of(""), None);
    }

    #[test]
    fn a_name_stands_for_itself_with_any_host() {
        let toolchain = |name| Toolchain::parse(&format!("{name} /path")).expect("a toolchain");
        assert!(
            toolchain("nightly-2025-08-04-x86_64-unknown-linux-gnu")
                .is_called("nightly-2025-08-04")
        );
        assert!(toolchain("pavexc-docs").is_called("pavexc-docs"));
        assert!(!toolchain("nightly-2025-08-041").is_called("nightly-2025-08-04"));
        assert!(!toolchain("nightly-x86_64-unknown-linux-gnu").is_called("nightly-2025-08-04"));
    }
}
