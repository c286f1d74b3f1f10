use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;
use std::ops::Range;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use time::UtcDateTime;

use super::envelope::open;
use crate::store::SerializedState;

/// A JSON object as it was loaded, in which values can be found by key.
///
/// A value stays a part of the loaded text. One that is not asked for is neither parsed nor copied,
/// so a value that this release cannot read survives byte for byte.
#[derive(Clone)]
pub(crate) struct JsonMap {
    text: SerializedState,
    /// Ordered by key, and each key once.
    entries: Vec<Entry>,
}

#[derive(Clone)]
struct Entry {
    key: Key,
    /// The part of the text that is the value.
    value: Range<usize>,
}

#[derive(Clone)]
enum Key {
    /// The part of the text that is the key.
    Part(Range<usize>),
    /// A key that has escape sequences in the text.
    Unescaped(Box<str>),
}

impl JsonMap {
    pub(crate) fn parse(text: SerializedState) -> Result<Self, serde_json::Error> {
        let json = text.as_json();
        // The common case of an empty state costs nothing.
        let mut entries = match json {
            "{}" => Vec::new(),
            _ => parse_entries(json)?,
        };
        let order = |a: &Entry, b: &Entry| a.key(json).cmp(b.key(json));
        // A state that this crate wrote is in order.
        if !entries.is_sorted_by(|a, b| order(a, b) == Ordering::Less) {
            entries.sort_by(order);
            keep_last_of_each_key(&mut entries, json);
        }
        Ok(Self { text, entries })
    }

    /// Returns the text of which this is the map.
    pub(crate) fn text(&self) -> &SerializedState {
        &self.text
    }

    pub(crate) fn get(&self, key: &str) -> Option<&str> {
        let json = self.text.as_json();
        let found = self.entries.binary_search_by(|e| e.key(json).cmp(key));
        found.ok().map(|index| self.entries[index].value(json))
    }

    /// Drops the values whose own deadline has passed.
    pub(crate) fn drop_expired(&mut self, now: impl Fn() -> UtcDateTime) {
        let json = self.text.as_json();
        let is_live = |entry: &Entry| open(entry.value(json)).is_live(&now);
        self.entries.retain(is_live);
    }

    /// All entries, ordered by key.
    pub(crate) fn iter(&self) -> Entries<'_> {
        Entries {
            json: self.text.as_json(),
            rest: self.entries.iter(),
        }
    }
}

/// Iterates over the keys and values of a [`JsonMap`].
pub(crate) struct Entries<'a> {
    json: &'a str,
    rest: std::slice::Iter<'a, Entry>,
}

impl<'a> Iterator for Entries<'a> {
    type Item = (&'a str, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        let entry = self.rest.next()?;
        Some((entry.key(self.json), entry.value(self.json)))
    }
}

impl Default for JsonMap {
    fn default() -> Self {
        Self {
            text: SerializedState::empty(),
            entries: Vec::new(),
        }
    }
}

impl Entry {
    fn key<'a>(&'a self, json: &'a str) -> &'a str {
        match &self.key {
            Key::Part(part) => &json[part.clone()],
            Key::Unescaped(key) => key,
        }
    }

    fn value<'a>(&self, json: &'a str) -> &'a str {
        &json[self.value.clone()]
    }
}

/// Of several values under one key, the last one counts.
fn keep_last_of_each_key(sorted: &mut Vec<Entry>, json: &str) {
    sorted.dedup_by(|later, earlier| {
        let same = later.key(json) == earlier.key(json);
        if same {
            std::mem::swap(later, earlier);
        }
        same
    });
}

/// Returns the entries of a JSON object, in the order of its text.
fn parse_entries(json: &str) -> Result<Vec<Entry>, serde_json::Error> {
    let mut deserializer = serde_json::Deserializer::from_str(json);
    let entries = deserializer.deserialize_map(EntriesVisitor { json })?;
    deserializer.end()?;
    Ok(entries)
}

struct EntriesVisitor<'de> {
    json: &'de str,
}

#[derive(Deserialize)]
struct BorrowedKey<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'de> Visitor<'de> for EntriesVisitor<'de> {
    type Value = Vec<Entry>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::with_capacity(4);
        while let Some((BorrowedKey(key), value)) = map.next_entry::<_, &'de RawValue>()? {
            let key = match key {
                Cow::Borrowed(key) => Key::Part(range_of(key, self.json)),
                Cow::Owned(key) => Key::Unescaped(key.into()),
            };
            let value = range_of(value.get(), self.json);
            entries.push(Entry { key, value });
        }
        Ok(entries)
    }
}

/// Returns the position of `part`, a slice of `whole`, in it.
fn range_of(part: &str, whole: &str) -> Range<usize> {
    let start = part.as_ptr().addr() - whole.as_ptr().addr();
    start..start + part.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(json: &str) -> Result<JsonMap, serde_json::Error> {
        JsonMap::parse(SerializedState::from_json(json))
    }

    #[test]
    fn a_json_map_refuses_everything_but_an_object() {
        for json in ["", "[]", "null", "{", r#"{"a":}"#, "7", "{} {}"] {
            assert!(parse(json).is_err(), "{json}");
        }
    }

    #[test]
    fn a_json_map_is_ordered_by_key_and_has_the_last_value_of_each_key() {
        let state = parse(r#" {"b":1, "a":[2] ,"c":0,"b": 3,"a":4,"a" :5 } "#).unwrap();
        let entries: Vec<_> = state.iter().collect();
        assert_eq!(entries, [("a", "5"), ("b", "3"), ("c", "0")]);
        assert_eq!((state.get("a"), state.get("d")), (Some("5"), None));
    }

    #[test]
    fn a_json_map_finds_keys_that_are_escaped_in_its_text() {
        let state = parse(r#"{"\u0061":1,"\"":[ 2 ],"é":"x"}"#).unwrap();
        assert_eq!(state.get("a"), Some("1"));
        assert_eq!(state.get("\""), Some("[ 2 ]"));
        assert_eq!(state.get("é"), Some(r#""x""#));
    }
}
