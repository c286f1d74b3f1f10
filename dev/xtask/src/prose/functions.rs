//! The functions of a file, found by their layout.
//!
//! rustfmt indents the last brace of a function like its first word.

use super::finding::Finding;

/// Words that begin a question, not a fact.
const NO_FIRST_WORD: [&str; 4] = ["what", "who", "how", "whether"];

/// Words that may come before `fn`.
const QUALIFIERS: [&str; 5] = ["pub", "async", "const", "unsafe", "extern"];

#[derive(Debug, PartialEq)]
pub(super) struct Function<'a> {
    pub(super) name: &'a str,
    /// The line of its name, counted from 1.
    pub(super) line: usize,
    /// From the line of its name to that of its last brace.
    pub(super) length: usize,
}

/// All functions with a body.
pub(super) fn all(text: &str) -> Vec<Function<'_>> {
    let lines: Vec<_> = text.lines().collect();
    let names = lines.iter().enumerate();
    names
        .filter_map(|(index, line)| {
            Some(Function {
                name: name(line)?,
                line: index + 1,
                length: length(&lines[index..])?,
            })
        })
        .collect()
}

/// The name of the function that this line declares.
fn name(line: &str) -> Option<&str> {
    let (before, after) = line.trim_start().split_once("fn ")?;
    let is_qualifier = |word: &str| {
        QUALIFIERS.contains(&word) || word.starts_with("pub(") || word.starts_with('"')
    };
    if !before.split_whitespace().all(is_qualifier) {
        return None;
    }
    let end = after.find(|it: char| !(it.is_alphanumeric() || it == '_'))?;
    (end > 0).then_some(&after[..end])
}

/// The number of lines up to the brace that is indented like the first of `lines`.
fn length(lines: &[&str]) -> Option<usize> {
    let first = lines.first()?;
    let indent = &first[..first.len() - first.trim_start().len()];
    if first.ends_with('}') || first.ends_with(';') {
        return first.ends_with('}').then_some(1);
    }
    for (index, line) in lines.iter().enumerate().skip(1) {
        if let Some(rest) = line.strip_prefix(indent)
            && !rest.starts_with(' ')
            && (rest.starts_with('}') || rest.ends_with(';'))
        {
            return rest.starts_with('}').then_some(index + 1);
        }
    }
    None
}

/// Checks the names of all functions, of tests above all.
pub(super) fn check_names(text: &str) -> Vec<Finding> {
    let functions = all(text).into_iter();
    functions
        .filter_map(|it| {
            let rule = check_name(it.name)?;
            Some(Finding::new(it.line, rule))
        })
        .collect()
}

fn check_name(name: &str) -> Option<String> {
    let first = name.split('_').next().unwrap_or_default();
    let asks = NO_FIRST_WORD.contains(&first) && name != first;
    if asks {
        return Some(format!(
            "`{name}`: a name begins with a verb or a noun, not with `{first}`"
        ));
    }
    let denies = name.contains("_is_no_") && !name.contains("_is_no_longer_");
    let denies = denies && !name.contains("there_is_no_");
    denies.then(|| format!("`{name}`: not `is_no_…` but `is_not_a_…`, or another name"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lengths(text: &str) -> Vec<(&str, usize)> {
        all(text).iter().map(|it| (it.name, it.length)).collect()
    }

    #[test]
    fn functions_are_measured_from_the_name_to_the_last_brace() {
        let text = "
/// Documentation.
pub(crate) async fn first(
    a: u8,
) -> u8
where
    A: B,
{
    if a {
    }
    a
}

impl A {
    const fn second() {}

    fn third(&self) {
        let text = \"}\";
    }
}
";
        assert_eq!(lengths(text), [("first", 10), ("second", 1), ("third", 3)]);
    }

    #[test]
    fn declarations_without_a_body_and_mentions_are_left_out() {
        for text in [
            "trait A {\n    fn first();\n}\n",
            "trait A {\n    fn first(\n        a: u8,\n    );\n}\n",
            "// a fn first() {}",
            "type A = fn(u8) -> u8;",
        ] {
            assert_eq!(lengths(text), [] as [(&str, usize); 0], "{text}");
        }
    }

    #[test]
    fn a_name_of_a_test_is_a_fact_and_not_a_question() {
        for name in [
            "what_is_stored_comes_back",
            "how_it_ends",
            "a_loss_is_no_error",
        ] {
            assert!(check_name(name).is_some(), "{name}");
        }
        for name in [
            "a_loss_is_reported",
            "whatever",
            "how",
            "a_token_is_no_longer_valid",
            "without_a_server_there_is_no_store",
        ] {
            assert_eq!(check_name(name), None, "{name}");
        }
    }
}
