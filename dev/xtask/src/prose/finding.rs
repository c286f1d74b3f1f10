//! A finding of the check.

use std::fmt;

/// A line that breaks a rule.
#[derive(Debug, PartialEq)]
pub(super) struct Finding {
    /// Counted from 1.
    pub(super) line: usize,
    pub(super) rule: String,
}

impl Finding {
    pub(super) fn new(line: usize, rule: impl fmt::Display) -> Self {
        Self {
            line,
            rule: rule.to_string(),
        }
    }
}
