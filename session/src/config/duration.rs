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

use std::fmt::Display;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serializer};

use super::text::{FromText, Text};

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
    Text::deserialize(deserializer).map(|Text(duration)| duration)
}

/// The same functions for a duration that may be missing.
pub mod optional {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer};

    use crate::config::duration;
    use crate::config::text::Text;

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
        let duration = Option::<Text<Duration>>::deserialize(deserializer)?;
        Ok(duration.map(|Text(duration)| duration))
    }
}

impl FromText for Duration {
    const EXPECTED: &'static str = "a duration such as \"30 minutes\" or \"1h 30m\"";

    fn from_text(text: &str) -> Result<Self, impl Display> {
        humantime::parse_duration(text).map_err(|error| {
            format!("`{text}` is not a duration such as \"30 minutes\" or \"1h 30m\": {error}")
        })
    }
}
