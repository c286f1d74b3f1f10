//! Results on the standard output.

use std::io::{self, ErrorKind, Write};

use serde::Serialize;
use terminal_size::{Width, terminal_size_of};

use crate::failure::Failure;

/// Prints a value as JSON, on one line.
pub(crate) fn print_json(value: &impl Serialize) -> Result<(), Failure> {
    let json = json(value).map_err(|error| Failure::new("cannot write JSON", &error))?;
    print_line(&json)
}

fn json(value: &impl Serialize) -> serde_json::Result<String> {
    // Such characters are only within its strings, in which it may escape each.
    let json = serde_json::to_string(value)?;
    Ok(escaped(&json, |character| {
        let mut units = [0; 2];
        let units = character.encode_utf16(&mut units).iter();
        units.map(|unit| format!("\\u{unit:04x}")).collect()
    }))
}

/// Prints a line of text.
pub(crate) fn print_line(text: &str) -> Result<(), Failure> {
    print(&format!("{text}\n"))
}

/// Prints rows in columns.
pub(crate) fn print_rows<const N: usize>(rows: &[[String; N]]) -> Result<(), Failure> {
    print(&aligned(rows))
}

/// Returns the number of columns that the output has room for. It is at most that of the help.
pub(crate) fn width() -> usize {
    let columns = terminal_size_of(io::stdout()).map_or(80, |(Width(columns), _)| columns);
    usize::from(columns.min(100))
}

fn print(text: &str) -> Result<(), Failure> {
    let mut output = io::stdout().lock();
    let written = output
        .write_all(text.as_bytes())
        .and_then(|()| output.flush());
    match written {
        // The reader has seen enough, as `head` has.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written.map_err(|error| Failure::new("cannot write the result", &error)),
    }
}

pub(crate) fn aligned<const N: usize>(rows: &[[String; N]]) -> String {
    let width = |column: usize| {
        rows.iter()
            .map(move |row| row[column].chars().count())
            .max()
    };
    let widths: [usize; N] = std::array::from_fn(|column| width(column).unwrap_or(0));
    let line = |row: &[String; N]| {
        let cells = row.iter().zip(widths);
        let line: String = cells
            .map(|(cell, width)| format!("{cell:width$}  "))
            .collect();
        format!("{}\n", line.trim_end())
    };
    rows.iter().map(line).collect()
}

/// Returns a text of users for people: nothing in it controls a terminal or is invisible.
///
/// A backslash is doubled, so that no text looks like an escaped one.
pub(crate) fn harmless(text: &str) -> String {
    printable(&text.replace('\\', r"\\"))
}

/// Returns a message on one line, in which nothing controls a terminal or is invisible. Texts of
/// users in it are already [harmless].
pub(crate) fn printable(message: &str) -> String {
    escaped(message, |character| character.escape_unicode().to_string())
}

fn escaped(text: &str, escape: impl Fn(char) -> String) -> String {
    let mut escaped = String::new();
    for character in text.chars() {
        match is_harmful(character) {
            true => escaped.push_str(&escape(character)),
            false => escaped.push(character),
        }
    }
    escaped
}

/// Returns `true` for characters that control a terminal or the direction of writing, end a line,
/// or are not visible.
fn is_harmful(character: char) -> bool {
    // Those with the property `Default_Ignorable_Code_Point` of Unicode, and a few more
    let is_ignorable = matches!(
        character,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}'
    );
    is_ignorable || character.is_control()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [["é", "one"], ["three", ""]];
        let rows = rows.map(|row| row.map(str::to_owned));
        assert_eq!(aligned(&rows), "é      one\nthree\n");
    }

    #[test]
    fn characters_that_control_a_terminal_are_escaped() {
        let text = "Ada\u{1b}[2J\n\u{202e}é";
        assert_eq!(harmless(text), r"Ada\u{1b}[2J\u{a}\u{202e}é");
        assert_eq!(printable(r"\u{1b}"), r"\u{1b}");
        assert_eq!(harmless(r"\u{1b}"), r"\\u{1b}");
    }

    #[test]
    fn characters_that_nobody_sees_are_escaped() {
        for character in "\u{7f}\u{9b}\u{34f}\u{61c}\u{115f}\u{1160}\u{17b4}\u{17b5}\u{180b}\
            \u{200b}\u{200f}\u{2028}\u{2029}\u{3164}\u{fe00}\u{fe0f}\u{feff}\u{ffa0}\u{fff9}\u{fffb}\
            \u{1bca0}\u{1d173}\u{1d17a}\u{e0000}\u{e0041}\u{e0fff}"
            .chars()
        {
            let escaped = format!("a{}", character.escape_unicode());
            assert_eq!(harmless(&format!("a{character}")), escaped);
        }
    }

    #[test]
    fn characters_that_people_write_are_printed_as_they_are() {
        let text = "é e\u{301} 山田\u{3000}太郎 👍 עברית";
        assert_eq!(harmless(text), text);
    }

    #[test]
    fn json_with_characters_that_nobody_sees_is_the_same_value_in_ascii() {
        for text in ["a\u{e0041}", "a\u{34f}\u{202e}\u{1d173}\u{9b}\n\"\\"] {
            let json = json(&text).unwrap();
            assert!(json.is_ascii(), "{json}");
            assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
        }
    }
}
