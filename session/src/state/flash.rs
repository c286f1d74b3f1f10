use std::fmt;

use serde::{Deserialize, Serialize};

/// A message for the next page that the visitor sees.
///
/// Its `Debug` form does not show the text.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Flash {
    /// The kind of the message.
    pub level: FlashLevel,
    /// The text of the message.
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

/// The kind of a [`Flash`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(clippy::exhaustive_enums, reason = "a page has a style for each level")]
pub enum FlashLevel {
    /// Information.
    Info,
    /// The request succeeded.
    Success,
    /// The request succeeded, but something needs attention.
    Warning,
    /// The request failed.
    Error,
}

impl FlashLevel {
    /// Returns the name in lower case, for example for a CSS class.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Success => "success",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// A message with its time, by which equal messages are distinguished.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StoredFlash {
    pub(crate) level: FlashLevel,
    pub(crate) text: String,
    pub(crate) at: i64,
}
