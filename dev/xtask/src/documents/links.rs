//! Links from one file of the repository to another.

use std::path::Path;

use crate::prose::Fence;

/// The beginnings of links that leave the repository.
const ELSEWHERE: [&str; 3] = ["https://", "http://", "mailto:"];

/// A link to a file or to a heading.
#[derive(Debug, PartialEq)]
pub(super) struct Link<'a> {
    /// Counted from 1.
    pub(super) line: usize,
    target: &'a str,
}

impl Link<'_> {
    /// Checks the link in a document of the folder `folder`, whose text is `own`.
    ///
    /// `read` returns the text of a file, and no text for a folder; `None` if there is neither.
    pub(super) fn check(
        &self,
        folder: &Path,
        own: &str,
        read: impl Fn(&Path) -> Option<String>,
    ) -> Result<(), String> {
        let target = self.target;
        let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
        let text = match file.is_empty() {
            true => own.to_owned(),
            false => read(&folder.join(file)).ok_or_else(|| format!("there is no `{file}`"))?,
        };
        match anchor.is_empty() || anchors(&text).contains(&anchor.to_owned()) {
            true => Ok(()),
            false => Err(format!("`{target}` leads to no heading")),
        }
    }
}

/// Lists the links to files and headings of the repository, outside of code.
pub(super) fn links(text: &str) -> Vec<Link<'_>> {
    let mut links = Vec::new();
    let mut fence = Fence::default();
    for (index, line) in text.lines().enumerate() {
        if fence.is_outside(line) {
            let targets = targets(line).filter(|it| !ELSEWHERE.iter().any(|at| it.starts_with(at)));
            links.extend(targets.map(|target| Link {
                line: index + 1,
                target,
            }));
        }
    }
    links
}

/// Returns the targets of `[text](target)`, of `[name]: target`, and of the attributes `src` and
/// `href`. The text may have begun on an earlier line.
fn targets(line: &str) -> impl Iterator<Item = &str> {
    let prose = line.split('`').step_by(2);
    let inline = prose
        .flat_map(|part| [("](", ')'), ("src=\"", '"'), ("href=\"", '"')].map(|it| (part, it)));
    let inline = inline.flat_map(|(part, (begin, end))| {
        let beginnings = part.split(begin).skip(1);
        beginnings.filter_map(move |rest| Some(rest.split_once(end)?.0))
    });
    let definition = line.strip_prefix('[').and_then(|it| it.split_once("]: "));
    inline.chain(definition.map(|(_, target)| target))
}

/// Returns the anchors of the headings, as GitHub makes them.
fn anchors(text: &str) -> Vec<String> {
    let mut anchors: Vec<String> = Vec::new();
    let mut fence = Fence::default();
    for line in text.lines().filter(|line| fence.is_outside(line)) {
        let title = line.trim_start_matches('#');
        if title.len() == line.len() || !title.starts_with(' ') {
            continue;
        }
        let anchor = anchor(title.trim());
        let is_same = |it: &&String| **it == anchor || it.starts_with(&format!("{anchor}-"));
        match anchors.iter().filter(is_same).count() {
            0 => anchors.push(anchor),
            earlier => anchors.push(format!("{anchor}-{earlier}")),
        }
    }
    anchors
}

fn anchor(title: &str) -> String {
    let kept = title
        .chars()
        .filter(|it| it.is_alphanumeric() || " -_".contains(*it));
    kept.flat_map(char::to_lowercase)
        .map(|it| if it == ' ' { '-' } else { it })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(text: &str) -> Vec<String> {
        let read = |path: &Path| match path.to_str()? {
            "docs/scale.md" => Some("# Scale\n\n## What is `measured`, and how\n".to_owned()),
            "docs/scale.svg" | "docs/../src" => Some(String::new()),
            _ => None,
        };
        let links = links(text).into_iter();
        links
            .filter_map(|it| {
                let checked = it.check(Path::new("docs"), text, read);
                Some(format!("{}: {}", it.line, checked.err()?))
            })
            .collect()
    }

    const NOTHING: [&str; 0] = [];

    #[test]
    fn links_to_files_and_headings_that_exist_are_accepted() {
        for text in [
            "[a](scale.md), [b](../src) and [c](https://example.com/#a)",
            "![a](scale.svg) <img src=\"scale.svg\">",
            "[a](scale.md#scale) [b](scale.md#what-is-measured-and-how)",
            "[a]: scale.md",
            "# One\n\n[a](#one)",
        ] {
            assert_eq!(findings(text), NOTHING, "{text}");
        }
    }

    #[test]
    fn links_that_lead_nowhere_are_reported_with_their_line() {
        for (text, error) in [
            ("\n[a](scales.md)", "2: there is no `scales.md`"),
            ("![a](no.svg)", "1: there is no `no.svg`"),
            ("<img src=\"no.svg\">", "1: there is no `no.svg`"),
            ("[a]: no.md", "1: there is no `no.md`"),
            ("[a\nb](no.md)", "2: there is no `no.md`"),
            ("[a](scale.md#big)", "1: `scale.md#big` leads to no heading"),
            ("[`a`](#one)", "1: `#one` leads to no heading"),
        ] {
            assert_eq!(findings(text), [error], "{text}");
        }
    }

    #[test]
    fn code_has_no_links() {
        assert_eq!(
            findings("`[a](no.md)`\n\n```text\n[a](no.md)\n```\n"),
            NOTHING
        );
    }

    #[test]
    fn a_heading_that_is_there_twice_has_two_anchors() {
        assert_eq!(anchors("# A b\n## A b\n"), ["a-b", "a-b-1"]);
    }
}
