use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;
use std::ops::Range;

use serde::de::{DeserializeOwned, Deserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::errors::SessionError;
use crate::store::SerializedState;

/// A session state: JSON texts by key.
///
/// Values stay as the text they came as. One that nobody asks for is neither copied, nor parsed or
/// written anew, so a value that an older release cannot read survives it byte for byte.
pub(crate) struct StateMap {
    loaded: SerializedState,
    /// Ordered by key.
    entries: Vec<Entry>,
}

struct Entry {
    key: Text<Cow<'static, str>>,
    value: Text<String>,
}

enum Text<T> {
    /// A part of what was loaded.
    Loaded(Range<usize>),
    New(T),
}

impl StateMap {
    pub(crate) fn parse(state: SerializedState) -> Result<Self, serde_json::Error> {
        let json = state.as_json();
        // The common case of an empty state costs nothing.
        let mut entries = match json {
            "{}" => Vec::new(),
            _ => entries_of(json)?,
        };
        let order = |a: &Entry, b: &Entry| a.key(json).cmp(b.key(json));
        // As we write it, it is ordered.
        if !entries.is_sorted_by(|a, b| order(a, b) == Ordering::Less) {
            entries.sort_by(order);
            // Of several values under one key the last counts.
            entries.reverse();
            entries.dedup_by(|a, b| a.key(json) == b.key(json));
            entries.reverse();
        }
        Ok(Self {
            loaded: state,
            entries,
        })
    }

    pub(crate) fn to_json(&self) -> String {
        let mut json = String::with_capacity(self.json_len());
        json.push('{');
        for (i, (key, value)) in self.iter().enumerate() {
            if i > 0 {
                json.push(',');
            }
            push_quoted(&mut json, key);
            json.push(':');
            json.push_str(value);
        }
        json.push('}');
        json
    }

    /// How many bytes [`to_json`](Self::to_json) has, but for characters that JSON escapes in keys.
    pub(crate) fn json_len(&self) -> usize {
        // Each entry is `"key":value,`; the last one has a brace in place of the comma.
        let entries = self.iter().map(|(k, v)| k.len() + v.len() + 4);
        1 + entries.sum::<usize>().max(1)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(crate) fn get(&self, key: &str) -> Option<&str> {
        self.find(key).ok().map(|found| self.value(found))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let loaded = self.loaded.as_json();
        let entries = self.entries.iter();
        entries.map(move |entry| (entry.key(loaded), entry.value(loaded)))
    }

    /// Inserts the value unless it is there already, to the byte, or does not fit into `limit` bytes.
    /// Returns whether it made a difference.
    pub(crate) fn insert_within(
        &mut self,
        key: Cow<'static, str>,
        value: String,
        limit: usize,
    ) -> Result<bool, SessionError> {
        let place = self.find(&key);
        let size = match place.map(|found| self.value(found)) {
            Ok(old) if old == value => return Ok(false),
            Ok(old) => self.json_len() - old.len() + value.len(),
            Err(_) => self.json_len() + key.len() + value.len() + 4 - usize::from(self.is_empty()),
        };
        within(size, limit)?;
        self.put(place, key, value);
        Ok(true)
    }

    pub(crate) fn check(&self, limit: usize) -> Result<(), SessionError> {
        within(self.json_len(), limit)
    }

    pub(crate) fn insert(&mut self, key: Cow<'static, str>, value: String) {
        let place = self.find(&key);
        self.put(place, key, value);
    }

    pub(crate) fn remove(&mut self, key: &str) -> bool {
        let found = self.find(key);
        found.map(|found| self.entries.remove(found)).is_ok()
    }

    pub(crate) fn clear(&mut self) {
        self.entries.clear();
    }

    fn put(&mut self, place: Result<usize, usize>, key: Cow<'static, str>, value: String) {
        let value = Text::New(value);
        match place {
            Ok(found) => self.entries[found].value = value,
            Err(place) => {
                let key = Text::New(key);
                self.entries.insert(place, Entry { key, value });
            }
        }
    }

    fn value(&self, index: usize) -> &str {
        self.entries[index].value(self.loaded.as_json())
    }

    /// Where the key is, or else where it would be.
    fn find(&self, key: &str) -> Result<usize, usize> {
        let loaded = self.loaded.as_json();
        self.entries
            .binary_search_by(|entry| entry.key(loaded).cmp(key))
    }
}

impl Default for StateMap {
    fn default() -> Self {
        Self {
            loaded: SerializedState::empty(),
            entries: Vec::new(),
        }
    }
}

impl Entry {
    fn key<'a>(&'a self, loaded: &'a str) -> &'a str {
        match &self.key {
            Text::Loaded(part) => &loaded[part.clone()],
            Text::New(key) => key,
        }
    }

    fn value<'a>(&'a self, loaded: &'a str) -> &'a str {
        match &self.value {
            Text::Loaded(part) => &loaded[part.clone()],
            Text::New(value) => value,
        }
    }
}

/// The entries of a JSON object, in its order.
fn entries_of(json: &str) -> Result<Vec<Entry>, serde_json::Error> {
    struct Entries<'a>(&'a str);

    impl<'de> Visitor<'de> for Entries<'de> {
        type Value = Vec<Entry>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a JSON object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut entries = Vec::with_capacity(4);
            while let Some((Key(key), value)) = map.next_entry::<Key<'de>, &'de RawValue>()? {
                let key = match key {
                    Cow::Borrowed(key) => Text::Loaded(part_of(self.0, key)),
                    Cow::Owned(key) => Text::New(Cow::Owned(key)),
                };
                let value = Text::Loaded(part_of(self.0, value.get()));
                entries.push(Entry { key, value });
            }
            Ok(entries)
        }
    }

    #[derive(Deserialize)]
    struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

    let mut deserializer = serde_json::Deserializer::from_str(json);
    let entries = deserializer.deserialize_map(Entries(json))?;
    deserializer.end()?;
    Ok(entries)
}

/// Where `part`, which is a part of `whole`, is in it.
fn part_of(whole: &str, part: &str) -> Range<usize> {
    let start = part.as_ptr().addr() - whole.as_ptr().addr();
    start..start + part.len()
}

fn push_quoted(json: &mut String, text: &str) {
    if text.bytes().any(|b| b < b' ' || b == b'"' || b == b'\\') {
        json.push_str(&serde_json::to_string(text).expect("a text always serialises"));
        return;
    }
    json.push('"');
    json.push_str(text);
    json.push('"');
}

fn within(size: usize, limit: usize) -> Result<(), SessionError> {
    match size <= limit {
        true => Ok(()),
        false => Err(SessionError::StateTooLarge { size, limit }),
    }
}

pub(crate) fn to_json<T: Serialize + ?Sized>(key: &str, value: &T) -> Result<String, SessionError> {
    serde_json::to_string(value).map_err(|source| SessionError::Serialize {
        key: key.to_owned(),
        source,
    })
}

pub(crate) fn from_json<T: DeserializeOwned>(key: &str, json: &str) -> Result<T, SessionError> {
    serde_json::from_str(json).map_err(|_source| SessionError::Deserialize {
        key: key.to_owned(),
        expected: std::any::type_name::<T>(),
    })
}

/// The JSON text of a value, in the type that says so.
pub(crate) fn as_raw(json: &str) -> &RawValue {
    serde_json::from_str(json).expect("a value of a state is a JSON text")
}

#[cfg(test)]
mod tests {
    use proptest::collection::{btree_map, vec};
    use proptest::prelude::*;
    use proptest::sample::Index;

    use super::*;

    fn parse(json: &str) -> Result<StateMap, serde_json::Error> {
        StateMap::parse(SerializedState::from_json(json))
    }

    #[test]
    fn untouched_values_survive_byte_for_byte() {
        let json = r#"{"a":{"x" : 1.0e2 ,"y":[ ]},"b":0.10}"#;
        let mut state = parse(json).unwrap();
        state.insert("c".into(), to_json("c", "é").unwrap());
        assert_eq!(
            state.to_json(),
            r#"{"a":{"x" : 1.0e2 ,"y":[ ]},"b":0.10,"c":"é"}"#
        );
    }

    #[test]
    fn the_length_is_known_without_writing() {
        for json in ["{}", r#"{"a":1}"#, r#"{"a":1,"bcd":[1,2],"e":{"f":null}}"#] {
            assert_eq!(parse(json).unwrap().json_len(), json.len(), "{json}");
        }
    }

    #[test]
    fn the_limit_counts_the_whole_state() {
        for json in ["{}", r#"{"a":1}"#, r#"{"new":"something"}"#] {
            let mut state = parse(json).unwrap();
            state
                .insert_within("new".into(), to_json("new", &12).unwrap(), 100)
                .unwrap();
            let size = state.to_json().len();
            let mut state = parse(json).unwrap();
            let value = to_json("new", &12).unwrap();
            assert!(
                state
                    .insert_within("new".into(), value.clone(), size - 1)
                    .is_err()
            );
            assert!(state.insert_within("new".into(), value, size).unwrap());
        }
    }

    #[test]
    fn an_error_names_key_and_type_but_never_the_value() {
        let state = parse(r#"{"card":"4111-1111"}"#).unwrap();
        let error = from_json::<u64>("card", state.get("card").unwrap()).unwrap_err();
        let shown = format!("{error} {error:?}");
        assert!(shown.contains("card") && shown.contains("u64"), "{shown}");
        assert!(!shown.contains("4111"), "{shown}");
    }

    #[test]
    fn only_an_object_is_a_state() {
        for json in ["", "[]", "null", "{", r#"{"a":}"#, "7"] {
            assert!(parse(json).is_err(), "{json}");
        }
    }

    #[test]
    fn entries_are_ordered_and_the_last_of_a_key_counts() {
        let state = parse(r#" {"b":1, "a":[2] ,"c":0,"b": 3,"a":4 } "#).unwrap();
        let entries: Vec<_> = state.iter().collect();
        assert_eq!(entries, [("a", "4"), ("b", "3"), ("c", "0")]);
        assert_eq!(state.to_json(), r#"{"a":4,"b":3,"c":0}"#);
    }

    proptest! {
        #[test]
        fn it_does_what_a_map_does(
            loaded in btree_map(any::<String>(), any::<String>(), 0..6),
            steps in vec((any::<String>(), any::<Index>(), any::<Option<String>>()), 0..12),
        ) {
            let mut map = loaded;
            let mut state = parse(&serde_json::to_string(&map).unwrap()).unwrap();
            for (key, index, value) in steps {
                // A key that is there, or another one.
                let key = match index.index(map.len() + 1) {
                    known if known < map.len() => map.keys().nth(known).unwrap().clone(),
                    _ => key,
                };
                match value {
                    Some(value) => {
                        state.insert(key.clone().into(), to_json(&key, &value).unwrap());
                        map.insert(key, value);
                    }
                    None => assert_eq!(state.remove(&key), map.remove(&key).is_some()),
                }
                for (key, value) in &map {
                    let read = from_json::<String>(key, state.get(key).unwrap()).unwrap();
                    assert_eq!(&read, value);
                }
                assert_eq!(state.to_json(), serde_json::to_string(&map).unwrap());
            }
        }
    }
}
