use std::fmt;

use serde::{Deserialize, Serialize};

/// A message for the next page that the visitor sees.
///
/// Its `Debug` form does not show the text.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Flash {
    /// What kind of message it is.
    pub level: FlashLevel,
    /// What it says.
    pub text: String,
}

impl fmt::Debug for Flash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Flash({}, {} bytes)",
            self.level.as_str(),
            self.text.len()
        )
    }
}

/// What kind of message a [`Flash`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(clippy::exhaustive_enums)]
pub enum FlashLevel {
    /// Something to know.
    Info,
    /// What was asked for is done.
    Success,
    /// It is done, but there is something to look at.
    Warning,
    /// It could not be done.
    Error,
}

impl FlashLevel {
    /// The name in lower case, e.g. for a CSS class.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Success => "success",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// A message with the time of its making, which tells equal messages apart.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StoredFlash {
    pub(crate) level: FlashLevel,
    pub(crate) text: String,
    pub(crate) at: i64,
}
