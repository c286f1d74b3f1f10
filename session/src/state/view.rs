use std::borrow::Cow;
use std::iter::Peekable;

use time::UtcDateTime;

use super::changes::{Change, Changes};
use super::envelope::open_live;
use super::equality;
use super::json_map::JsonMap;

/// A state as it is now: what was loaded, with the changes made to it.
#[derive(Clone, Copy)]
pub(crate) struct StateView<'a> {
    loaded: &'a JsonMap,
    changes: &'a Changes,
}

/// The length of a state as JSON, without its braces: each entry is counted with a comma.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Length(usize);

impl<'a> StateView<'a> {
    pub(crate) fn new(loaded: &'a JsonMap, changes: &'a Changes) -> Self {
        Self { loaded, changes }
    }

    pub(crate) fn get(self, key: &str) -> Option<&'a str> {
        match self.changes.get(key) {
            Some(changed) => changed,
            None if self.changes.removes(key) => None,
            None => self.loaded.get(key),
        }
    }

    /// Returns the value under `key`, unless its own deadline has passed.
    pub(crate) fn live(self, key: &str, now: impl FnOnce() -> UtcDateTime) -> Option<&'a str> {
        self.get(key).and_then(|stored| open_live(stored, now))
    }

    /// All values whose own deadline has not passed, ordered by key.
    pub(crate) fn live_entries(
        self,
        now: impl Fn() -> UtcDateTime,
    ) -> impl Iterator<Item = (&'a str, &'a str)> {
        let entries = self.iter();
        entries.filter_map(move |(key, stored)| Some((key, open_live(stored, &now)?)))
    }

    /// Returns the changes that set the values under `keys` in another state.
    pub(crate) fn copies(self, keys: &[Cow<'static, str>]) -> Vec<Change> {
        let copy = |key: &Cow<'static, str>| {
            let json = self.get(key)?.to_owned();
            Some(Change::set(key.clone(), json))
        };
        keys.iter().filter_map(copy).collect()
    }

    pub(crate) fn is_empty(self) -> bool {
        let is_removed = |(key, _)| self.changes.get(key) == Some(None);
        let mut changed = self.changes.iter();
        changed.all(|(_, value)| value.is_none()) && self.loaded_entries().all(is_removed)
    }

    /// All entries, ordered by key.
    pub(crate) fn iter(self) -> impl Iterator<Item = (&'a str, &'a str)> {
        let mut loaded = self.loaded_entries().peekable();
        let mut changed = self.changes.iter().peekable();
        std::iter::from_fn(move || {
            loop {
                let next_key = changed.peek().map(|&(key, _)| key);
                let is_before = |&(key, _): &(&str, _)| next_key.is_none_or(|next| key < next);
                if let Some(unchanged) = loaded.next_if(is_before) {
                    return Some(unchanged);
                }
                skip(&mut loaded, next_key?);
                if let Some((key, Some(value))) = changed.next() {
                    return Some((key, value));
                }
            }
        })
    }

    fn loaded_entries(self) -> impl Iterator<Item = (&'a str, &'a str)> {
        let entries = self.loaded.iter();
        entries.filter(move |(key, _)| !self.changes.removes(key))
    }

    /// Returns the state as JSON of that length.
    pub(crate) fn to_json(self, length: Length) -> String {
        let mut json = String::with_capacity(length.as_json());
        json.push('{');
        for (key, value) in self.iter() {
            if json.len() > 1 {
                json.push(',');
            }
            push_quoted(&mut json, key);
            json.push(':');
            json.push_str(value);
        }
        json.push('}');
        json
    }

    pub(crate) fn length(self) -> Length {
        let entries = self.iter();
        Length(entries.map(|(key, value)| entry_len(key, value)).sum())
    }

    /// The length after a change, or `None` if the change makes no difference.
    ///
    /// The present length is an argument, so that it need not be computed each time.
    pub(crate) fn length_after(self, change: &Change, length: Length) -> Option<Length> {
        let (key, new) = match change {
            Change::Write { key, value, .. } => (&**key, value.as_deref()),
            Change::Clear => return (!self.is_empty()).then(Length::default),
        };
        let old = self.get(key);
        let same = match (old, new) {
            (Some(old), Some(new)) => equality::same_json(old, new),
            _ => old == new,
        };
        let len = |value: Option<&str>| value.map_or(0, |value| entry_len(key, value));
        (!same).then(|| Length(length.0 - len(old) + len(new)))
    }
}

impl Length {
    /// The number of bytes of the JSON.
    pub(crate) fn as_json(self) -> usize {
        // In place of the last comma there is a brace.
        1 + self.0.max(1)
    }
}

fn skip<'a>(entries: &mut Peekable<impl Iterator<Item = (&'a str, &'a str)>>, key: &str) {
    _ = entries.next_if(|&(next, _)| next == key);
}

/// The number of bytes of `"key":value,`.
fn entry_len(key: &str, value: &str) -> usize {
    quoted_len(key) + value.len() + 2
}

fn quoted_len(text: &str) -> usize {
    match needs_escapes(text) {
        true => quoted_with_escapes(text).len(),
        false => text.len() + 2,
    }
}

fn push_quoted(json: &mut String, text: &str) {
    match needs_escapes(text) {
        true => json.push_str(&quoted_with_escapes(text)),
        false => json.extend(["\"", text, "\""]),
    }
}

fn needs_escapes(text: &str) -> bool {
    text.bytes().any(|b| b < b' ' || b == b'"' || b == b'\\')
}

fn quoted_with_escapes(text: &str) -> String {
    serde_json::to_string(text).expect("a text can always be written as JSON")
}
