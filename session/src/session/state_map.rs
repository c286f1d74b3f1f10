use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::{RawValue, to_raw_value};

use crate::errors::SessionError;

/// A session state: raw JSON by key.
///
/// Values stay as the text they came as. One that nobody asks for is neither parsed nor written
/// anew, so a value that an older release cannot read survives it byte for byte.
#[derive(Default, Debug, Clone)]
pub(crate) struct StateMap(BTreeMap<Cow<'static, str>, Box<RawValue>>);

impl StateMap {
    pub(crate) fn parse(json: &str) -> Result<Self, serde_json::Error> {
        // The common case of an empty state costs nothing.
        match json {
            "{}" => Ok(Self::default()),
            _ => serde_json::from_str(json).map(Self),
        }
    }

    pub(crate) fn to_json(&self) -> String {
        serde_json::to_string(&self.0).expect("texts and raw values always serialise")
    }

    /// How many bytes [`to_json`](Self::to_json) has, but for characters that JSON escapes in keys.
    pub(crate) fn json_len(&self) -> usize {
        // Each entry is `"key":value,`; the last one has a brace in place of the comma.
        let entries = self.0.iter().map(|(k, v)| k.len() + v.get().len() + 4);
        1 + entries.sum::<usize>().max(1)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn get(&self, key: &str) -> Option<&RawValue> {
        self.0.get(key).map(|value| &**value)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &RawValue)> {
        self.0.iter().map(|(key, value)| (&**key, &**value))
    }

    pub(crate) fn into_iter(self) -> impl Iterator<Item = (Cow<'static, str>, Box<RawValue>)> {
        self.0.into_iter()
    }

    /// Inserts the value unless it is there already, to the byte, or does not fit into `limit` bytes.
    /// Returns whether it made a difference.
    pub(crate) fn insert_within(
        &mut self,
        key: Cow<'static, str>,
        value: Box<RawValue>,
        limit: usize,
    ) -> Result<bool, SessionError> {
        let old = self.get(&key);
        if old.is_some_and(|old| old.get() == value.get()) {
            return Ok(false);
        }
        let size = match old {
            Some(old) => self.json_len() - old.get().len() + value.get().len(),
            None => {
                self.json_len() + key.len() + value.get().len() + 4 - usize::from(self.is_empty())
            }
        };
        within(size, limit)?;
        self.insert(key, value);
        Ok(true)
    }

    pub(crate) fn check(&self, limit: usize) -> Result<(), SessionError> {
        within(self.json_len(), limit)
    }

    pub(crate) fn insert(&mut self, key: Cow<'static, str>, value: Box<RawValue>) {
        self.0.insert(key, value);
    }

    pub(crate) fn remove(&mut self, key: &str) -> bool {
        self.0.remove(key).is_some()
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }
}

fn within(size: usize, limit: usize) -> Result<(), SessionError> {
    match size <= limit {
        true => Ok(()),
        false => Err(SessionError::StateTooLarge { size, limit }),
    }
}

pub(crate) fn to_raw<T: Serialize + ?Sized>(
    key: &str,
    value: &T,
) -> Result<Box<RawValue>, SessionError> {
    to_raw_value(value).map_err(|source| SessionError::Serialize {
        key: key.to_owned(),
        source,
    })
}

pub(crate) fn from_raw<T: DeserializeOwned>(key: &str, raw: &RawValue) -> Result<T, SessionError> {
    serde_json::from_str(raw.get()).map_err(|_source| SessionError::Deserialize {
        key: key.to_owned(),
        expected: std::any::type_name::<T>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn untouched_values_survive_byte_for_byte() {
        let json = r#"{"a":{"x" : 1.0e2 ,"y":[ ]},"b":0.10}"#;
        let mut state = StateMap::parse(json).unwrap();
        state.insert("c".into(), to_raw("c", "é").unwrap());
        assert_eq!(
            state.to_json(),
            r#"{"a":{"x" : 1.0e2 ,"y":[ ]},"b":0.10,"c":"é"}"#
        );
    }

    #[test]
    fn the_length_is_known_without_writing() {
        for json in ["{}", r#"{"a":1}"#, r#"{"a":1,"bcd":[1,2],"e":{"f":null}}"#] {
            assert_eq!(
                StateMap::parse(json).unwrap().json_len(),
                json.len(),
                "{json}"
            );
        }
    }

    #[test]
    fn the_limit_counts_the_whole_state() {
        for json in ["{}", r#"{"a":1}"#, r#"{"new":"something"}"#] {
            let mut state = StateMap::parse(json).unwrap();
            state
                .insert_within("new".into(), to_raw("new", &12).unwrap(), 100)
                .unwrap();
            let size = state.to_json().len();
            let mut state = StateMap::parse(json).unwrap();
            let value = to_raw("new", &12).unwrap();
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
        let state = StateMap::parse(r#"{"card":"4111-1111"}"#).unwrap();
        let error = from_raw::<u64>("card", state.get("card").unwrap()).unwrap_err();
        let shown = format!("{error} {error:?}");
        assert!(shown.contains("card") && shown.contains("u64"), "{shown}");
        assert!(!shown.contains("4111"), "{shown}");
    }

    #[test]
    fn only_an_object_is_a_state() {
        for json in ["", "[]", "null", "{", r#"{"a":}"#, "7"] {
            assert!(StateMap::parse(json).is_err(), "{json}");
        }
    }
}
