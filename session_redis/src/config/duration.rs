//! Durations as people write them, such as `"2 seconds"`.

use std::time::Duration;

use serde::{Deserialize, Deserializer, de::Error};

pub(super) fn deserialize<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Duration>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    let parse = |text: String| {
        humantime::parse_duration(&text).map_err(|error| {
            let message = format_args!("`{text}` is not a duration such as \"2 seconds\": {error}");
            D::Error::custom(message)
        })
    };
    text.map(parse).transpose()
}
