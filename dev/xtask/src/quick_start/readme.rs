//! The blocks of code in a chapter of a Markdown file, and where they belong in a project.
//!
//! The sentence before a block names its place, for readers and for this module alike:
//!
//! - "The file `a/b.rs`:"
//! - "At the end of `a/b.rs`:"
//! - "In `a/b.rs`, below `fn main() {`:"
//! - "In `a/b.rs`, in place of `todo!();`:"
//! - "In the project's folder:", before a block of `sh`

use anyhow::{Context, bail, ensure};

/// The languages of blocks that show output, and do not belong into a project.
const SHOWN_ONLY: [&str; 1] = ["text"];

/// A part of the chapter: the beginning, or that below a heading of the third level.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Section {
    /// Empty for the beginning.
    pub(super) title: String,
    pub(super) blocks: Vec<Block>,
}

/// A block of code.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Block {
    /// The line of the file at which the block begins, counted from 1.
    pub(super) line: usize,
    pub(super) place: Place,
    /// The code, with a line break at its end.
    pub(super) code: String,
}

/// The place of a block in a project.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Place {
    /// The whole file.
    File(String),
    EndOf(String),
    Below {
        file: String,
        line: String,
    },
    InPlaceOf {
        file: String,
        line: String,
    },
    /// A command that runs in the folder of the project.
    Command,
}

/// Reads the chapter `title`, from its heading of the second level to the next one.
pub(super) fn chapter(markdown: &str, title: &str) -> anyhow::Result<Vec<Section>> {
    let heading = format!("## {title}");
    let mut lines = markdown.lines().enumerate();
    lines
        .find(|(_, line)| *line == heading)
        .with_context(|| format!("there is no chapter `{heading}`"))?;
    let mut lines = lines.take_while(|(_, line)| !line.starts_with("## "));
    let mut sections = vec![Section::default()];
    let mut paragraph = String::new();
    while let Some((index, line)) = lines.next() {
        if let Some(title) = line.strip_prefix("### ") {
            sections.push(Section::new(title));
            paragraph.clear();
        } else if let Some(language) = line.strip_prefix("```") {
            let code = (&mut lines).map(|(_, line)| line);
            let code: Vec<_> = code.take_while(|line| *line != "```").collect();
            let block = Block::new(index + 1, language, &paragraph, &code);
            let block = block.with_context(|| format!("the block at line {}", index + 1))?;
            if let Some(it) = sections.last_mut() {
                it.blocks.extend(block)
            }
            paragraph.clear();
        } else {
            continue_paragraph(&mut paragraph, line);
        }
    }
    Ok(sections)
}

/// An empty line ends a paragraph, except one that introduces the block below it.
fn continue_paragraph(paragraph: &mut String, line: &str) {
    if !line.is_empty() {
        paragraph.push(' ');
        paragraph.push_str(line);
    } else if !paragraph.ends_with(':') {
        paragraph.clear();
    }
}

impl Section {
    fn new(title: &str) -> Self {
        Self {
            title: title.to_owned(),
            blocks: vec![],
        }
    }
}

impl Block {
    /// `None` if the block only shows something.
    fn new(
        line: usize,
        language: &str,
        paragraph: &str,
        code: &[&str],
    ) -> anyhow::Result<Option<Self>> {
        if SHOWN_ONLY.contains(&language) {
            return Ok(None);
        }
        let place = Place::parse(paragraph)?;
        let is_command = place == Place::Command;
        ensure!(
            is_command == (language == "sh"),
            "commands are in blocks of `sh`, and files are not"
        );
        Ok(Some(Self {
            line,
            place,
            code: code.iter().map(|line| format!("{line}\n")).collect(),
        }))
    }
}

impl Place {
    /// Reads the sentence at the end of a paragraph.
    fn parse(paragraph: &str) -> anyhow::Result<Self> {
        let mut parts = paragraph.rsplit('`');
        let end = parts.next().unwrap_or_default();
        if end.to_lowercase().ends_with("in the project's folder:") {
            return Ok(Self::Command);
        }
        let last = parts.next().unwrap_or_default().to_owned();
        let before = parts.next().unwrap_or_default().to_lowercase();
        let first = parts.next().map(str::to_owned);
        match (before.trim_start_matches(','), end) {
            (words, ":") if words.ends_with("the file ") => Ok(Self::File(last)),
            (words, ":") if words.ends_with("at the end of ") => Ok(Self::EndOf(last)),
            (" below ", ":") => Ok(Self::Below {
                file: first.context(NO_PLACE)?,
                line: last,
            }),
            (" in place of ", ":") => Ok(Self::InPlaceOf {
                file: first.context(NO_PLACE)?,
                line: last,
            }),
            _ => bail!(NO_PLACE),
        }
    }
}

const NO_PLACE: &str = "the sentence before it does not name a place as, for example, \
                        \"The file `app/src/lib.rs`:\" does";

#[cfg(test)]
mod tests {
    use super::*;

    fn place(paragraph: &str) -> Option<Place> {
        Place::parse(paragraph).ok()
    }

    #[test]
    fn the_sentence_before_a_block_names_its_place() {
        let file = || "a.rs".to_owned();
        let line = || "x = [1]".to_owned();
        assert_eq!(
            place("Do `it`. The file `a.rs`:"),
            Some(Place::File(file()))
        );
        assert_eq!(
            place("Then, at the end of `a.rs`:"),
            Some(Place::EndOf(file()))
        );
        let below = Place::Below {
            file: file(),
            line: line(),
        };
        assert_eq!(place("In `a.rs`, below `x = [1]`:"), Some(below));
        let instead = Place::InPlaceOf {
            file: file(),
            line: line(),
        };
        assert_eq!(place("In `a.rs`, in place of `x = [1]`:"), Some(instead));
        assert_eq!(
            place("Run it in the project's folder:"),
            Some(Place::Command)
        );
        for paragraph in [
            "",
            "`a.rs`:",
            "In `a.rs`:",
            "The file `a.rs`.",
            "below `x`:",
        ] {
            assert_eq!(place(paragraph), None, "{paragraph}");
        }
    }

    const MARKDOWN: &str = "\
# Title

```rust
fn not_here() {}
```

## Start

Remember `this`:

The file
`a.rs`:

```rust
fn main() {}
```

Output:

```text
nothing
```

### Other

In the project's folder:

```sh
true
true
```

## End

```rust
fn not_here() {}
```
";

    #[test]
    fn a_chapter_is_read_section_by_section() {
        let file = Block {
            line: 14,
            place: Place::File("a.rs".into()),
            code: "fn main() {}\n".into(),
        };
        let command = Block {
            line: 28,
            place: Place::Command,
            code: "true\ntrue\n".into(),
        };
        let section = |title: &str, block| Section {
            title: title.into(),
            blocks: vec![block],
        };
        let sections = chapter(MARKDOWN, "Start").expect("a chapter");
        assert_eq!(sections, [section("", file), section("Other", command)]);
    }

    #[test]
    fn a_block_without_a_place_is_an_error_with_its_line() {
        let error = chapter("## Start\n\nSo:\n\n```rust\n```\n", "Start").expect_err("no place");
        assert_eq!(error.to_string(), "the block at line 5");
        let error = chapter("## Start\n\nThe file `a`:\n\n```sh\n```\n", "Start");
        assert!(error.is_err(), "a file of commands");
        assert!(chapter("## Start\n", "End").is_err(), "no such chapter");
    }
}
