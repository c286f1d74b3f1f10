//! Durations in a configuration, written for people: `"30 minutes"` or `"1h 30m"`.
//!
//! The functions are for the attribute `with` of serde; [`optional`] has those for an [`Option`].
//!
//! # Example
//!
//! ```
//! # use session_kit as session;
//! use std::time::Duration;
//!
//! #[derive(serde::Deserialize)]
//! struct ServerConfig {
//!     #[serde(with = "session::config::duration")]
//!     shutdown_grace: Duration,
//! }
//!
//! let config: ServerConfig = serde_json::from_str(r#"{ "shutdown_grace": "1m 30s" }"#)?;
//! assert_eq!(config.shutdown_grace, Duration::from_secs(90));
//!
//! let refused = serde_json::from_str::<ServerConfig>(r#"{ "shutdown_grace": 90 }"#);
//! assert!(refused.is_err_and(|error| error.to_string().contains("`90` is not a duration")));
//! # Ok::<(), serde_json::Error>(())
//! ```

use std::fmt;
use std::time::Duration;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serializer};

/// Writes a duration as text.
///
/// # Errors
///
/// Returns the error of the serializer.
pub fn serialize<S: Serializer>(value: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&humantime::format_duration(*value))
}

/// Reads a duration from text.
///
/// # Errors
///
/// Returns an error if the value is not a text with numbers and units. A number has no unit.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    Text::deserialize(deserializer).map(|text| text.0)
}

/// The same functions for a duration that may be missing.
pub mod optional {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer};

    use crate::config::duration::{self, Text};

    /// Writes a duration as text, or nothing.
    ///
    /// # Errors
    ///
    /// Returns the error of the serializer.
    pub fn serialize<S: Serializer>(
        value: &Option<Duration>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match value {
            Some(value) => duration::serialize(value, serializer),
            None => serializer.serialize_none(),
        }
    }

    /// Reads a duration from text, or `None` from nothing.
    ///
    /// # Errors
    ///
    /// Returns an error if there is a value that is not a text with numbers and units.
    pub fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Duration>, D::Error> {
        let text = Option::<Text>::deserialize(deserializer)?;
        Ok(text.map(|text| text.0))
    }
}

struct Text(Duration);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextVisitor)
    }
}

struct TextVisitor;

impl Visitor<'_> for TextVisitor {
    type Value = Text;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a duration such as \"30 minutes\" or \"1h 30m\"")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Text, E> {
        humantime::parse_duration(text).map(Text).map_err(|error| {
            E::custom(format_args!(
                "`{text}` is not a duration such as \"30 minutes\" or \"1h 30m\": {error}"
            ))
        })
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Text, E> {
        self.visit_str(&number.to_string())
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Text, E> {
        self.visit_str(&number.to_string())
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Text, E> {
        self.visit_str(&number.to_string())
    }
}
