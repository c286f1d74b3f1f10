//! Results on the standard output.

use std::io::{self, ErrorKind, Write};

use serde::Serialize;

use crate::failure::Failure;

/// Prints a value as JSON, on one line.
pub(crate) fn print_json(value: &impl Serialize) -> Result<(), Failure> {
    let json = serde_json::to_string(value);
    print_line(&json.map_err(|error| Failure::new("cannot write JSON", &error))?)
}

/// Prints a line of text.
pub(crate) fn print_line(text: &str) -> Result<(), Failure> {
    print(&format!("{text}\n"))
}

/// Prints rows in columns.
pub(crate) fn print_rows<const N: usize>(rows: &[[String; N]]) -> Result<(), Failure> {
    print(&aligned(rows))
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

fn aligned<const N: usize>(rows: &[[String; N]]) -> String {
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

/// Returns a text of users, in which nothing controls the terminal or the direction of writing.
pub(crate) fn harmless(text: &str) -> String {
    let mut harmless = String::new();
    for character in text.chars() {
        match character {
            '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
                harmless.extend(character.escape_unicode());
            }
            control if control.is_control() => harmless.extend(control.escape_unicode()),
            other => harmless.push(other),
        }
    }
    harmless
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
    }
}
