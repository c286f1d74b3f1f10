//! The modules of a crate, each with its file.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use super::paths::without_tests;

/// A module with a file of its own.
#[derive(Debug)]
pub(super) struct Module {
    /// The names from the root of the crate on; empty for the root.
    pub(super) path: Vec<String>,
    pub(super) file: PathBuf,
    /// The text of the file, without its test modules.
    pub(super) text: String,
    pub(super) declared: Vec<Declared>,
}

/// A declaration of a module with a file of its own, such as `mod a;`.
#[derive(Debug, PartialEq)]
pub(super) struct Declared {
    pub(super) name: String,
    /// The file, if the attribute `path` names one.
    file: Option<String>,
}

#[derive(Debug)]
pub(super) struct Modules {
    modules: Vec<Module>,
}

impl Modules {
    /// Reads a crate from its root, module by module.
    pub(super) fn of(root: &Path) -> anyhow::Result<Self> {
        let mut modules = Vec::new();
        let folder = root.parent().context("a file is in a folder")?;
        let mut waiting = vec![(vec![], root.to_owned(), folder.to_owned())];
        while let Some((path, file, folder)) = waiting.pop() {
            let text = fs::read_to_string(&file)
                .with_context(|| format!("cannot read {}", file.display()))?;
            let text = without_tests(&text);
            let declared = declared(&text);
            for child in &declared {
                let path: Vec<_> = path.iter().chain([&child.name]).cloned().collect();
                let (file, below) = child.find(&file, &folder)?;
                waiting.push((path, file, below));
            }
            modules.push(Module {
                path,
                file,
                text,
                declared,
            });
        }
        Ok(Self { modules })
    }

    pub(super) fn all(&self) -> &[Module] {
        &self.modules
    }

    /// Returns the module of the item that `path` means in the module `from`.
    ///
    /// The last name of `path` may be a module itself. Returns `None` for a path to another crate.
    pub(super) fn resolve(&self, from: &[String], path: &[String]) -> Option<&Module> {
        let names = self.absolute(from, path)?;
        let mut lengths = (0..=names.len()).rev();
        lengths.find_map(|length| self.at(&names[..length]))
    }

    fn absolute(&self, from: &[String], path: &[String]) -> Option<Vec<String>> {
        let (first, rest) = path.split_first()?;
        let parent = || from.split_last().map(|(_, parent)| parent);
        match first.as_str() {
            "crate" => Some(rest.to_vec()),
            "self" => Some([from, rest].concat()),
            "super" if rest.first().is_some_and(|it| it == "super") => {
                self.absolute(parent()?, rest)
            }
            "super" => Some([parent()?, rest].concat()),
            _ => {
                let names = [from, path].concat();
                self.at(&names[..=from.len()]).map(|_| names)
            }
        }
    }

    fn at(&self, path: &[String]) -> Option<&Module> {
        self.modules.iter().find(|it| it.path == path)
    }
}

impl Declared {
    /// Returns the file of the module, and the folder of the files of its children.
    fn find(&self, parent: &Path, folder: &Path) -> anyhow::Result<(PathBuf, PathBuf)> {
        if let Some(file) = &self.file {
            let file = parent.with_file_name("").join(file);
            let below = file.with_file_name("");
            return Ok((file, below));
        }
        let below = folder.join(&self.name);
        let files = [below.with_extension("rs"), below.join("mod.rs")];
        match files.into_iter().find(|file| file.exists()) {
            Some(file) => Ok((file, below)),
            None => bail!("the module {} has no file", below.display()),
        }
    }
}

fn declared(text: &str) -> Vec<Declared> {
    let mut file = None;
    let mut declared = Vec::new();
    for line in text.lines() {
        if let Some(path) = line.strip_prefix("#[path = \"") {
            file = path.strip_suffix("\"]").map(str::to_owned);
        } else if let Some(name) = declared_name(line) {
            let file = file.take();
            declared.push(Declared { name, file });
        }
    }
    declared
}

fn declared_name(line: &str) -> Option<String> {
    let (visibility, name) = line.strip_suffix(';')?.split_once("mod ")?;
    let is_visibility = visibility.is_empty() || visibility.starts_with("pub");
    let is_name = name.chars().all(|it| it.is_alphanumeric() || it == '_');
    (is_visibility && is_name).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_with_files_of_their_own_are_declared_in_a_line() {
        let text = "mod a;\npub(crate) mod b;\n#[path = \"d.rs\"]\npub mod c;\nmod e {\n}\n\
                    // mod f;\nlet x = \"mod g;\";\n";
        let names: Vec<_> = declared(text)
            .into_iter()
            .map(|it| (it.name, it.file))
            .collect();
        let expected = [("a", None), ("b", None), ("c", Some("d.rs"))];
        let expected = expected.map(|(name, file)| (name.to_owned(), file.map(str::to_owned)));
        assert_eq!(names, expected);
    }
}
