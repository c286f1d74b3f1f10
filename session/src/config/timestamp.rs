//! Times in a configuration, written as in RFC 3339: `"2026-11-26T20:15:00Z"`.
//!
//! The functions are for the attribute `with` of serde.

use std::fmt;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serializer};
use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, UtcDateTime};

/// Writes a time as text, or nothing.
pub(super) fn serialize<S: Serializer>(
    value: &Option<UtcDateTime>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match value {
        Some(value) => serializer.collect_str(&text(*value)),
        None => serializer.serialize_none(),
    }
}

/// Reads a time from text, or `None` from nothing.
pub(super) fn deserialize<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<UtcDateTime>, D::Error> {
    let time = Option::<Text>::deserialize(deserializer)?;
    Ok(time.map(|time| time.0))
}

/// Returns the time as in RFC 3339. That form has no years after 9999 or before 0.
pub(super) fn text(time: UtcDateTime) -> String {
    time.format(&Rfc3339).unwrap_or_else(|_| time.to_string())
}

struct Text(UtcDateTime);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextVisitor)
    }
}

struct TextVisitor;

impl Visitor<'_> for TextVisitor {
    type Value = Text;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a time such as \"2026-11-26T20:15:00Z\"")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Text, E> {
        match OffsetDateTime::parse(text, &Rfc3339) {
            Ok(time) => Ok(Text(time.to_utc())),
            Err(_) => Err(E::custom(format_args!(
                "`{text}` is not a time such as \"2026-11-26T20:15:00Z\" or \
                 \"2026-11-26T21:15:00+01:00\": write date, time and offset as in RFC 3339"
            ))),
        }
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
