//! The rules for single lines: their width, and their first word.

use super::finding::Finding;

/// The width of prose, in columns.
const WIDTH: usize = 100;

/// Words that do not begin a sentence at the beginning of a line of documentation.
const NO_FIRST_WORD: [&str; 4] = ["What", "Who", "How", "Whether"];

/// A word that does not begin the documentation of an item either.
const NO_FIRST_WORD_OF_ALL: &str = "When";

/// The marks of comments; those of documentation come first.
const MARKS: [&str; 3] = ["///", "//!", "//"];

/// Checks the comments of a Rust file.
pub(super) fn check_comments(text: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut block = Block::default();
    for (index, line) in text.lines().enumerate() {
        let Some(comment) = Comment::parse(line) else {
            block = Block::default();
            continue;
        };
        let is_first = std::mem::replace(&mut block.mark, comment.mark) != comment.mark;
        if block.fence.is_outside(comment.text) {
            let rules = [
                check_width(line, comment.indent),
                check_first_word(&comment, is_first),
            ];
            let found = rules.into_iter().flatten();
            findings.extend(found.map(|rule| Finding::new(index + 1, rule)));
        }
    }
    findings
}

/// Checks a Markdown file.
pub(super) fn check_markdown(text: &str) -> Vec<Finding> {
    let mut fence = Fence::default();
    let lines = text.lines().enumerate();
    lines
        .filter(|(_, line)| fence.is_outside(line))
        .filter_map(|(index, line)| Some(Finding::new(index + 1, check_width(line, 0)?)))
        .collect()
}

/// The comment that the present line belongs to.
#[derive(Default)]
struct Block {
    mark: &'static str,
    fence: Fence,
}

/// A line that is a comment from its beginning on.
struct Comment<'a> {
    mark: &'static str,
    text: &'a str,
    /// The column of the text.
    indent: usize,
}

impl<'a> Comment<'a> {
    fn parse(line: &'a str) -> Option<Self> {
        let trimmed = line.trim_start();
        let mark = MARKS.into_iter().find(|mark| trimmed.starts_with(mark))?;
        let text = trimmed[mark.len()..].trim_start();
        Some(Self {
            mark,
            text,
            indent: line.chars().count() - text.chars().count(),
        })
    }

    fn is_documentation(&self) -> bool {
        self.mark != "//"
    }
}

/// Distinguishes prose from blocks of code.
#[derive(Default)]
pub(crate) struct Fence {
    is_open: bool,
}

impl Fence {
    /// Reads one line; the marks of a block belong to the block.
    pub(crate) fn is_outside(&mut self, line: &str) -> bool {
        let is_mark = line.trim_start().starts_with("```");
        self.is_open ^= is_mark;
        !self.is_open && !is_mark
    }
}

/// Rows of tables, tags of HTML and definitions of links may exceed the width; so may a line with a
/// word that is too long for any line.
fn check_width(line: &str, indent: usize) -> Option<String> {
    let width = line.chars().count();
    let text = line.trim_start_matches(['/', '!', ' ']);
    let is_table_or_tag = text.starts_with(['|', '<']);
    let defines_link = text.starts_with('[') && text.contains("]: ");
    let is_too_long = |word: &str| indent + word.chars().count() > WIDTH;
    let is_excused = is_table_or_tag || defines_link || text.split(' ').any(is_too_long);
    (width > WIDTH && !is_excused).then(|| format!("{width} columns, of at most {WIDTH}"))
}

fn check_first_word(comment: &Comment<'_>, is_first_line: bool) -> Option<String> {
    if !comment.is_documentation() {
        return None;
    }
    let mut words = comment.text.split(|it: char| !it.is_alphanumeric());
    let word = words.next()?;
    let is_forbidden =
        NO_FIRST_WORD.contains(&word) || (is_first_line && word == NO_FIRST_WORD_OF_ALL);
    is_forbidden.then(|| format!("documentation begins with a verb or a noun, not with `{word}`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTHING: [usize; 0] = [];

    fn lines_of(findings: &[Finding]) -> Vec<usize> {
        findings.iter().map(|it| it.line).collect()
    }

    fn comments(text: &str) -> Vec<usize> {
        lines_of(&check_comments(text))
    }

    fn markdown(text: &str) -> Vec<usize> {
        lines_of(&check_markdown(text))
    }

    #[test]
    fn documentation_begins_with_no_question_word() {
        for word in ["What", "Who", "How", "Whether", "When", "What's"] {
            assert_eq!(comments(&format!("/// {word} it is.\nfn f() {{}}")), [1]);
            assert_eq!(comments(&format!("    //! {word} it is.")), [1]);
        }
        for text in [
            "/// Whatever.",
            "/// Returns how.",
            "// What it is.",
            "x(); // How",
        ] {
            assert_eq!(comments(text), NOTHING, "{text}");
        }
    }

    #[test]
    fn a_later_line_of_documentation_may_begin_with_when_alone() {
        assert_eq!(
            comments("/// Ends it.\n///\n/// When it is over, nothing is left."),
            NOTHING
        );
        assert_eq!(
            comments("/// Ends it.\n///\n/// What is left is nothing."),
            [3]
        );
    }

    #[test]
    fn blocks_of_code_have_their_own_width_and_words() {
        let wide = "word ".repeat(30);
        assert_eq!(
            comments(&format!("/// ```\n/// {wide}\n/// ```\n/// {wide}")),
            [4]
        );
        assert_eq!(
            comments("/// Shows it.\n/// ```text\n/// How\n/// ```"),
            NOTHING
        );
        assert_eq!(markdown(&format!("```text\n{wide}\n```\n{wide}")), [4]);
    }

    #[test]
    fn prose_has_a_hundred_columns() {
        let line = format!("/// {}", "a ".repeat(48));
        assert_eq!(comments(&format!("{line}b")), [1]);
        assert_eq!(comments(line.trim_end()), NOTHING);
        assert_eq!(markdown(&format!("{}b", "ä ".repeat(50))), [1]);
        assert_eq!(markdown("ä ".repeat(50).trim_end()), NOTHING);
        assert_eq!(
            comments(&format!("let text = \"{}\";", "a ".repeat(60))),
            NOTHING
        );
    }

    #[test]
    fn a_table_may_be_wider_than_prose() {
        let row = format!("| {} |", "a ".repeat(60));
        assert_eq!(markdown(&row), NOTHING);
        assert_eq!(comments(&format!("    /// {row}")), NOTHING);
    }

    #[test]
    fn a_word_too_long_for_any_line_excuses_its_own() {
        let url = format!("<https://example.com/{}>", "a".repeat(90));
        assert_eq!(comments(&format!("/// {url}")), NOTHING);
        assert_eq!(markdown(&url), NOTHING);
        assert_eq!(markdown(&format!("[text]: {}", &url[..95])), NOTHING);
        assert_eq!(markdown(&format!("See {} for more", &url[..95])), [1]);
    }
}
