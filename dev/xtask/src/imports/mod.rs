//! `cargo xtask imports`: finds files of a crate that import each other in a circle.
//!
//! A file imports another one if it has a path to an item of it, in a `use` or in an expression.
//! A re-export is an import too. Paths in comments and in test modules do not count.

mod circles;
mod modules;
mod paths;

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, ensure};

use self::circles::Imports;
use self::modules::{Module, Modules};
use crate::workspace::Workspace;

pub(crate) fn check(workspace: &Workspace) -> anyhow::Result<()> {
    let metadata = workspace.metadata()?;
    let (mut crates, mut findings) = (0, 0);
    for package in metadata.workspace_packages() {
        for target in &package.targets {
            let root = target.src_path.as_std_path();
            let modules = Modules::of(root)
                .with_context(|| format!("the crate {} of {}", target.name, package.name))?;
            crates += 1;
            for circle in circles::all(&imports(&modules)) {
                println!("{}", shown(&circle, workspace.root()));
                findings += 1;
            }
        }
    }
    ensure!(findings == 0, "{findings} circles of imports");
    println!("the files of {crates} crates import each other without a circle");
    Ok(())
}

/// Returns the files that each file imports, apart from itself.
fn imports(modules: &Modules) -> Imports<'_> {
    let mut imports = BTreeMap::new();
    for module in modules.all() {
        let targets = paths::of(&module.text, &module.children())
            .iter()
            .filter_map(|path| Some(&*modules.resolve(&module.path, path)?.file))
            .filter(|file| *file != module.file)
            .collect();
        imports.insert(&*module.file, targets);
    }
    imports
}

fn shown(circle: &[&Path], root: &Path) -> String {
    let names = circle.iter().map(|file| {
        let file = file.strip_prefix(root).unwrap_or(file);
        file.display().to_string()
    });
    names.collect::<Vec<_>>().join("\n    imports ")
}

impl Module {
    fn children(&self) -> Vec<&str> {
        self.declared.iter().map(|it| it.name.as_str()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the names of the files in each circle of a crate with these files.
    fn circles_of(files: &[(&str, &str)]) -> Vec<Vec<String>> {
        let shell = xshell::Shell::new().expect("a shell");
        let folder = shell.create_temp_dir().expect("a folder");
        for (name, text) in files {
            let file = folder.path().join(name);
            shell.write_file(file, text).expect("a file");
        }
        let modules = Modules::of(&folder.path().join(files[0].0)).expect("modules");
        let circles = circles::all(&imports(&modules));
        let name = |file: &&Path| {
            let file = file
                .strip_prefix(folder.path())
                .expect("a file of the crate");
            file.display().to_string()
        };
        let names = circles.iter().map(|it| it.iter().map(name).collect());
        names.collect()
    }

    #[test]
    fn two_files_that_import_each_other_are_a_circle() {
        let root = ("lib.rs", "mod a;\nmod b;\n");
        let b = ("b.rs", "pub fn f() {\n    crate::a::g();\n}\n");
        let circle = [root, ("a.rs", "use crate::b::f;\n"), b];
        assert_eq!(circles_of(&circle), [["a.rs", "b.rs", "a.rs"]]);
        assert_eq!(circles_of(&[root, ("a.rs", ""), b]), [] as [Vec<String>; 0]);
    }

    #[test]
    fn a_module_that_imports_from_the_one_that_re_exports_it_is_in_a_circle() {
        let root = ("lib.rs", "mod a;\n");
        let a = (
            "a/mod.rs",
            "mod inner;\npub use inner::Inner;\npub struct Outer;\n",
        );
        let inner = (
            "a/inner.rs",
            "use super::Outer;\npub struct Inner(Outer);\n",
        );
        let circle = ["a/inner.rs", "a/mod.rs", "a/inner.rs"];
        assert_eq!(circles_of(&[root, a, inner]), [circle]);
    }

    #[test]
    fn a_path_that_begins_with_an_imported_module_leads_to_its_file() {
        let root = ("main.rs", "mod a;\nmod b;\n");
        let a = ("a/mod.rs", "pub mod inner;\n");
        let inner = ("a/inner.rs", "use crate::b::B;\n");
        let b = ("b.rs", "use crate::a;\npub struct B(Box<a::inner::C>);\n");
        assert_eq!(
            circles_of(&[root, a, inner, b]),
            [["a/inner.rs", "b.rs", "a/inner.rs"]]
        );
    }

    #[test]
    fn declarations_test_modules_and_comments_are_not_imports() {
        let root = ("lib.rs", "mod a;\nmod b;\n");
        let a = "/// See [`crate::b::B`].\npub struct A;\n\n#[cfg(test)]\nmod tests {\n    \
                 use crate::b::B;\n}\n";
        let files = [root, ("a.rs", a), ("b.rs", "use crate::a::A;\n")];
        assert_eq!(circles_of(&files), [] as [Vec<String>; 0]);
    }
}
