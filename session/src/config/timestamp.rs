//! Times in a configuration, written as in RFC 3339: `"2026-11-26T20:15:00Z"`.
//!
//! The functions are for the attribute `with` of serde.

use std::fmt::Display;

use serde::{Deserialize, Deserializer, Serializer};
use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, UtcDateTime};

use super::text::{FromText, Text};

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
    let time = Option::<Text<UtcDateTime>>::deserialize(deserializer)?;
    Ok(time.map(|Text(time)| time))
}

/// Returns the time as in RFC 3339. That form has no years after 9999 or before 0.
pub(super) fn text(time: UtcDateTime) -> String {
    time.format(&Rfc3339).unwrap_or_else(|_| time.to_string())
}

impl FromText for UtcDateTime {
    const EXPECTED: &'static str = "a time such as \"2026-11-26T20:15:00Z\"";

    fn from_text(text: &str) -> Result<Self, impl Display> {
        let time = OffsetDateTime::parse(text, &Rfc3339).map(OffsetDateTime::to_utc);
        time.map_err(|_| {
            format!(
                "`{text}` is not a time such as \"2026-11-26T20:15:00Z\" or \
                 \"2026-11-26T21:15:00+01:00\": write date, time and offset as in RFC 3339"
            )
        })
    }
}
