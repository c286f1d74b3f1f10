//! `cargo xtask documents`: checks what the documents name and repeat.
//!
//! The files and tests that they name must exist, and so must the files and headings that they link
//! to. The README of `session_kit` must begin like that of the repository.

mod links;

use std::fs;
use std::path::Path;

use anyhow::{Context, ensure};

use crate::prose::{Fence, markdown_files};
use crate::workspace::Workspace;

/// The name of the files from which commands make documents. The links are those of the documents.
const TEMPLATE: &str = "template.md";

/// The folders that a path may begin in; the first one is the root.
const BASES: [&str; 5] = [
    "",
    "session/src",
    "session/tests/session",
    "session_conformance/src",
    "example_app/server/tests",
];

/// The beginnings of paths that are not in the repository: what a build makes, what the example
/// keeps, and what is in a reader's own project.
const NOT_HERE: [&str; 4] = ["target/", "data/", "app/", "configuration/"];

/// The titles of the columns that name tests.
const TEST_COLUMNS: [&str; 2] = ["guarded by", "test"];

const EXTENSIONS: [&str; 7] = ["lua", "md", "png", "rs", "sql", "toml", "yml"];

/// The chapter whose beginning both READMEs have, since `cargo xtask quick-start` follows only one.
const CHAPTER: &str = "## Quick start";

pub(crate) fn check(workspace: &Workspace) -> anyhow::Result<()> {
    check_references(workspace)?;
    let read = |path| {
        let text = fs::read_to_string(workspace.root().join(path));
        text.with_context(|| format!("cannot read {path}"))
    };
    let original = read("README.md")?;
    let original = quick_start(&original).context("README.md has no quick start")?;
    ensure!(
        quick_start(&read("session/README.md")?) == Some(original),
        "session/README.md must have the quick start of README.md, up to the first store"
    );
    Ok(())
}

/// Returns the chapter up to its next heading.
fn quick_start(readme: &str) -> Option<&str> {
    let (_, chapter) = readme.split_once(CHAPTER)?;
    let end = chapter.find("\n##");
    Some(chapter.get(..end?)?.trim())
}

fn check_references(workspace: &Workspace) -> anyhow::Result<()> {
    let root = workspace.root();
    let (mut count, mut findings) = (0, vec![]);
    for file in markdown_files(workspace)? {
        if file.ends_with(TEMPLATE) {
            continue;
        }
        let text = fs::read_to_string(&file)?;
        let folder = file.parent().context("a file is in a folder")?;
        let references = references(&text);
        let links = links::links(&text);
        count += references.len() + links.len();
        let references = references.iter().map(|Reference { line, target }| {
            (*line, target.check(|path| find(root, folder, path)))
        });
        let links = links
            .iter()
            .map(|it| (it.line, it.check(folder, &text, read)));
        let shown = file.strip_prefix(root)?.display();
        for (line, checked) in references.chain(links) {
            findings.extend(
                checked
                    .err()
                    .map(|error| format!("{shown}:{line}: {error}")),
            );
        }
    }
    for finding in &findings {
        println!("{finding}");
    }
    ensure!(
        findings.is_empty(),
        "{} of {count} references are wrong",
        findings.len()
    );
    println!("{count} files, tests and headings that the documents name exist");
    Ok(())
}

/// Searches for a path that a document in `folder` names.
fn find(root: &Path, folder: &Path, path: &str) -> Option<String> {
    let places = BASES.iter().map(|base| root.join(base).join(path));
    let mut places = places.chain([folder.join(path)]);
    read(&places.find(|place| place.exists())?)
}

/// Returns the text of a file, and no text for a folder or a picture; `None` if there is none.
fn read(path: &Path) -> Option<String> {
    let bytes = match path.is_dir() {
        true => vec![],
        false => fs::read(path).ok()?,
    };
    Some(String::from_utf8(bytes).unwrap_or_default())
}

#[derive(Debug, PartialEq)]
struct Reference<'a> {
    /// Counted from 1.
    line: usize,
    target: Target<'a>,
}

#[derive(Debug, PartialEq)]
enum Target<'a> {
    Path(&'a str),
    Test {
        /// The path before it in its cell.
        file: Option<&'a str>,
        /// A name, or its beginning with an ellipsis.
        name: &'a str,
    },
}

impl Target<'_> {
    fn check(&self, find: impl Fn(&str) -> Option<String>) -> Result<(), String> {
        match *self {
            Self::Path(path) if is_elsewhere(path) || find(path).is_some() => Ok(()),
            Self::Path(path) => Err(format!("there is no `{path}`")),
            Self::Test { file: None, name } => Err(format!("the file of `{name}` is not named")),
            Self::Test {
                file: Some(file),
                name,
            } => match find(file).is_none_or(|text| has_function(&text, name)) {
                true => Ok(()),
                false => Err(format!("`{file}` has no test `{name}`")),
            },
        }
    }
}

fn is_elsewhere(path: &str) -> bool {
    NOT_HERE.iter().any(|folder| path.starts_with(folder))
}

fn has_function(text: &str, name: &str) -> bool {
    let declaration = match name.strip_suffix('…') {
        Some(beginning) => format!("fn {beginning}"),
        None => format!("fn {name}("),
    };
    text.contains(&declaration)
}

/// Lists the paths in backticks, and everything in backticks in a column for tests.
fn references(text: &str) -> Vec<Reference<'_>> {
    let mut references = Vec::new();
    let mut fence = Fence::default();
    let mut table = Table::Outside;
    for (index, line) in text.lines().enumerate() {
        if !fence.is_outside(line) {
            continue;
        }
        table = table.after(line);
        let (before, last_cell) = match table {
            Table::OfTests => last_cell(line),
            Table::Outside | Table::Other => (line, ""),
        };
        let paths = code_spans(before).filter(|span| is_path(span));
        let targets = paths.map(Target::Path).chain(tests(last_cell));
        references.extend(targets.map(|target| Reference {
            line: index + 1,
            target,
        }));
    }
    references
}

/// The table that a line is in.
enum Table {
    Outside,
    OfTests,
    Other,
}

impl Table {
    fn after(self, line: &str) -> Self {
        match self {
            _ if !line.starts_with('|') => Self::Outside,
            Self::Outside if TEST_COLUMNS.contains(&last_cell(line).1.trim()) => Self::OfTests,
            Self::Outside => Self::Other,
            inside => inside,
        }
    }
}

fn last_cell(row: &str) -> (&str, &str) {
    let row = row.trim_end().trim_end_matches('|');
    row.rsplit_once('|').unwrap_or((row, ""))
}

fn tests(cell: &str) -> Vec<Target<'_>> {
    let mut file = None;
    let targets = code_spans(cell).map(|span| match is_path(span) {
        true => {
            file = Some(span);
            Target::Path(span)
        }
        false => Target::Test { file, name: span },
    });
    targets.collect()
}

fn code_spans(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

fn is_path(span: &str) -> bool {
    let is_plain = |it: char| it.is_ascii_alphanumeric() || "_-./".contains(it);
    let has_extension = || {
        Path::new(span)
            .extension()
            .is_some_and(|it| EXTENSIONS.iter().any(|known| it == *known))
    };
    span.chars().all(is_plain) && !span.starts_with('/') && (span.contains('/') || has_extension())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(text: &str) -> Vec<String> {
        let find = |path: &str| match path {
            "session/src" => Some(String::new()),
            "life.rs" => Some("async fn a_session_ends() {}".to_owned()),
            _ => None,
        };
        let references = references(text).into_iter();
        references
            .filter_map(|it| Some(format!("{}: {}", it.line, it.target.check(find).err()?)))
            .collect()
    }

    const NOTHING: [&str; 0] = [];

    #[test]
    fn a_path_in_backticks_must_exist() {
        assert_eq!(findings("See `session/src` and\n`life.rs`."), NOTHING);
        assert_eq!(
            findings("See `life.rs`,\n`death.rs` and `session/srv`."),
            ["2: there is no `death.rs`", "2: there is no `session/srv`"]
        );
    }

    #[test]
    fn text_that_is_not_a_path_of_the_repository_is_left_alone() {
        for text in [
            "`cargo run`",
            "`Session`",
            "`session.state.max_size`",
            "`/login`",
            "`target/screenshots`",
            "`https://example.com/a.rs`",
            "death.rs",
            "```text\n`death.rs`\n```",
        ] {
            assert_eq!(findings(text), NOTHING, "{text}");
        }
    }

    fn table(title: &str, cell: &str) -> String {
        format!("| no | {title} |\n| --- | --- |\n| `other_name` | {cell} |\n")
    }

    #[test]
    fn a_test_must_be_in_the_file_before_it() {
        for cell in [
            "`life.rs`",
            "`life.rs`: `a_session_ends`",
            "`life.rs`: `a_session_…`, `a_session_ends`; in a browser",
        ] {
            assert_eq!(findings(&table("guarded by", cell)), NOTHING, "{cell}");
        }
        for (cell, error) in [
            (
                "`a_session_ends`",
                "the file of `a_session_ends` is not named",
            ),
            (
                "`life.rs`: `a_session`",
                "`life.rs` has no test `a_session`",
            ),
            ("`life.rs`: `a_life_…`", "`life.rs` has no test `a_life_…`"),
            ("`death.rs`: `a_life`", "there is no `death.rs`"),
        ] {
            let expected = format!("3: {error}");
            assert_eq!(findings(&table("test", cell)), [expected], "{cell}");
        }
    }

    #[test]
    fn the_quick_start_ends_at_the_next_heading() {
        for heading in ["### SQLite", "## Stores"] {
            let readme = format!("# A\n\n## Quick start\n\nSteps.\n\n{heading}\n");
            assert_eq!(quick_start(&readme), Some("Steps."));
        }
        assert_eq!(quick_start("# A\n"), None);
    }

    #[test]
    fn names_are_those_of_tests_only_in_a_column_for_tests() {
        assert_eq!(findings(&table("purpose", "`a_life`")), NOTHING);
        let two = format!("{}\n{}", table("test", ""), table("purpose", "`a_life`"));
        assert_eq!(findings(&two), NOTHING);
    }
}
