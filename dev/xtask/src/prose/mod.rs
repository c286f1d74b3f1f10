//! `cargo xtask prose`: the rules of style that a machine can check.

mod finding;
mod functions;
mod lines;
mod phrases;

pub(crate) use lines::Fence;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};

use self::finding::Finding;
use crate::workspace::{Workspace, published};

/// The longest file in `src` of a published crate, in lines.
const LONGEST_FILE: usize = 350;

/// The longest function of a published crate, in lines.
const LONGEST_FUNCTION: usize = 40;

/// Nine of ten functions in `src` of a published crate have at most this number of lines.
const USUAL_FUNCTION: usize = 15;

/// Folders that hold nothing written by hand.
const SKIPPED: [&str; 2] = ["target", "server_sdk"];

/// Checks `paths`, relative to the current directory; the whole repository if there is none.
pub(crate) fn run(workspace: &Workspace, paths: &[PathBuf]) -> anyhow::Result<()> {
    let sources = published_sources(workspace)?;
    let files = files(workspace, paths)?;
    let mut findings = 0;
    for file in &files {
        let text =
            fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
        let shown = file.strip_prefix(workspace.root()).unwrap_or(file);
        for Finding { line, rule } in check_file(file, &text, &sources) {
            println!("{}:{line}: {rule}", shown.display());
            findings += 1;
        }
    }
    if paths.is_empty() {
        findings += check_usual_lengths(&sources, workspace)?;
    }
    let count = files.len();
    ensure!(findings == 0, "{findings} findings in {count} files");
    println!("{count} files follow the rules");
    Ok(())
}

/// Lists all documents of the repository.
pub(crate) fn markdown_files(workspace: &Workspace) -> anyhow::Result<Vec<PathBuf>> {
    let files = files(workspace, &[])?.into_iter();
    Ok(files.filter(|file| is_markdown(file)).collect())
}

/// The `src` and the other folders of each published crate.
fn published_sources(workspace: &Workspace) -> anyhow::Result<Vec<PathBuf>> {
    let metadata = workspace.metadata()?;
    let packages = published(&metadata).into_iter();
    packages
        .map(|package| {
            let folder = package.manifest_path.parent();
            Ok(folder.context("a manifest is in a folder")?.into())
        })
        .collect()
}

fn files(workspace: &Workspace, paths: &[PathBuf]) -> anyhow::Result<BTreeSet<PathBuf>> {
    let mut files = BTreeSet::new();
    if paths.is_empty() {
        collect(workspace.root(), &mut files)?;
    }
    for path in paths {
        collect(&std::path::absolute(path)?, &mut files)?;
    }
    Ok(files)
}

fn collect(path: &Path, files: &mut BTreeSet<PathBuf>) -> anyhow::Result<()> {
    if path.is_dir() {
        for entry in fs::read_dir(path)? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if !name.starts_with('.') && !SKIPPED.contains(&&*name) {
                collect(&path, files)?;
            }
        }
        return Ok(());
    }
    ensure!(path.exists(), "{} does not exist", path.display());
    if is_rust(path) || is_markdown(path) {
        files.insert(path.to_owned());
    }
    Ok(())
}

fn is_rust(path: &Path) -> bool {
    path.extension().is_some_and(|it| it == "rs")
}

fn is_markdown(path: &Path) -> bool {
    path.extension().is_some_and(|it| it == "md")
}

fn check_file(path: &Path, text: &str, published: &[PathBuf]) -> Vec<Finding> {
    if is_markdown(path) {
        return check_markdown(text);
    }
    let mut findings = check_rust(text);
    if published.iter().any(|folder| path.starts_with(folder)) {
        findings.extend(too_long_functions(text));
    }
    let is_source = |folder: &PathBuf| path.starts_with(folder.join("src"));
    if published.iter().any(is_source) {
        findings.extend(too_long_file(text));
    }
    findings.sort_by_key(|it| it.line);
    findings
}

fn check_markdown(text: &str) -> Vec<Finding> {
    let mut findings = lines::check_markdown(text);
    findings.extend(phrases::check(text));
    findings
}

fn check_rust(text: &str) -> Vec<Finding> {
    let mut findings = lines::check_comments(text);
    findings.extend(phrases::check(text));
    findings.extend(functions::check_names(text));
    findings
}

fn too_long_functions(text: &str) -> Vec<Finding> {
    let functions = functions::all(text).into_iter();
    functions
        .filter(|it| it.length > LONGEST_FUNCTION)
        .map(|it| {
            let (name, length) = (it.name, it.length);
            let rule = format!("`{name}` has {length} lines, of at most {LONGEST_FUNCTION}");
            Finding::new(it.line, rule)
        })
        .collect()
}

fn too_long_file(text: &str) -> Option<Finding> {
    let length = text.lines().count();
    let rule = format!("the file has {length} lines, of at most {LONGEST_FILE}");
    (length > LONGEST_FILE).then(|| Finding::new(LONGEST_FILE + 1, rule))
}

/// Checks the ninth decile of the lengths of the functions, crate by crate.
fn check_usual_lengths(published: &[PathBuf], workspace: &Workspace) -> anyhow::Result<usize> {
    let mut findings = 0;
    for folder in published {
        let mut files = BTreeSet::new();
        collect(&folder.join("src"), &mut files)?;
        let mut lengths = Vec::new();
        for file in files.iter().filter(|file| is_rust(file)) {
            let text = fs::read_to_string(file)?;
            lengths.extend(functions::all(&text).iter().map(|it| it.length));
        }
        let usual = ninth_decile(lengths);
        if usual > USUAL_FUNCTION {
            let shown = folder.strip_prefix(workspace.root()).unwrap_or(folder);
            let shown = shown.display();
            println!(
                "{shown}: nine of ten functions have up to {usual} lines, of at most {USUAL_FUNCTION}"
            );
            findings += 1;
        }
    }
    Ok(findings)
}

/// The length that nine of ten do not exceed; 0 if there is none.
fn ninth_decile(mut lengths: Vec<usize>) -> usize {
    lengths.sort_unstable();
    let rank = (lengths.len() * 9).div_ceil(10);
    lengths.get(rank.saturating_sub(1)).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(path: &str, text: &str) -> usize {
        check_file(Path::new(path), text, &["/session".into()]).len()
    }

    #[test]
    fn length_limits_hold_for_published_crates_and_for_files_in_src() {
        let long_file = "mod a;\n".repeat(LONGEST_FILE + 1);
        assert_eq!(findings("/session/src/lib.rs", &long_file), 1);
        assert_eq!(findings("/session/tests/all.rs", &long_file), 0);
        assert_eq!(findings("/dev/xtask/src/main.rs", &long_file), 0);
        let body = "    run();\n".repeat(LONGEST_FUNCTION - 1);
        let long_function = format!("fn long() {{\n{body}}}\n");
        assert_eq!(findings("/session/src/lib.rs", &long_function), 1);
        assert_eq!(findings("/session/tests/all.rs", &long_function), 1);
        assert_eq!(findings("/dev/xtask/src/main.rs", &long_function), 0);
    }

    #[test]
    fn files_and_functions_at_the_limit_are_accepted() {
        let file = "mod a;\n".repeat(LONGEST_FILE);
        assert_eq!(findings("/session/src/lib.rs", &file), 0);
        let body = "    run();\n".repeat(LONGEST_FUNCTION - 2);
        let function = format!("fn long() {{\n{body}}}\n");
        assert_eq!(findings("/session/src/lib.rs", &function), 0);
    }

    #[test]
    fn the_ninth_decile_is_exceeded_by_one_of_ten_at_most() {
        assert_eq!(ninth_decile((1..=10).collect()), 9);
        assert_eq!(ninth_decile((1..=11).rev().collect()), 10);
        assert_eq!(ninth_decile(vec![7]), 7);
        assert_eq!(ninth_decile(vec![]), 0);
    }
}
