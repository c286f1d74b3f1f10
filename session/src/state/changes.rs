use std::borrow::Cow;

use crate::errors::SessionError;
use crate::state::json_map::StateMap;

/// What was done to the state since it was loaded, in order.
///
/// A log rather than the resulting state: when another request committed in between, the log is
/// replayed on what that request left.
#[derive(Default)]
pub(crate) struct Changes(Vec<Change>);

pub(crate) enum Change {
    Set(Cow<'static, str>, String),
    Remove(Cow<'static, str>),
    Update(Cow<'static, str>, Updater),
    Clear,
}

/// Computes the new value from the one that is there, both as JSON; `None` removes it.
pub(crate) type Updater =
    Box<dyn Fn(Option<&str>) -> Result<Option<String>, SessionError> + Send + Sync>;

impl Changes {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn forget(&mut self) {
        self.0.clear();
    }

    /// Appends a change; what it makes irrelevant leaves the log.
    pub(crate) fn push(&mut self, change: Change) {
        match &change {
            Change::Clear => self.0.clear(),
            Change::Set(key, _) | Change::Remove(key) => {
                self.0.retain(|earlier| earlier.key() != Some(key));
            }
            Change::Update(..) => {}
        }
        self.0.push(change);
    }

    /// Does it all again, on another state.
    pub(crate) fn replay(&self, state: &mut StateMap) -> Result<(), SessionError> {
        for change in &self.0 {
            match change {
                Change::Set(key, value) => state.insert(key.clone(), value.clone()),
                Change::Remove(key) => {
                    state.remove(key);
                }
                Change::Update(key, update) => match update(state.get(key))? {
                    Some(value) => state.insert(key.clone(), value),
                    None => {
                        state.remove(key);
                    }
                },
                Change::Clear => state.clear(),
            }
        }
        Ok(())
    }
}

impl Change {
    /// Sets what an entry of a state says.
    pub(crate) fn set((key, json): (&str, &str)) -> Self {
        Self::Set(key.to_owned().into(), json.to_owned())
    }

    fn key(&self) -> Option<&Cow<'static, str>> {
        match self {
            Self::Set(key, _) | Self::Remove(key) | Self::Update(key, _) => Some(key),
            Self::Clear => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::json_map::to_json;
    use crate::store::SerializedState;

    fn set(key: &'static str, value: u64) -> Change {
        Change::Set(key.into(), to_json(key, &value).unwrap())
    }

    fn increment(key: &'static str) -> Change {
        Change::Update(
            key.into(),
            Box::new(move |old| {
                let old = old.map_or(0, |json| json.parse::<u64>().unwrap());
                to_json(key, &(old + 1)).map(Some)
            }),
        )
    }

    fn replayed_on(base: &str, changes: impl IntoIterator<Item = Change>) -> String {
        let mut log = Changes::default();
        changes.into_iter().for_each(|change| log.push(change));
        let mut state = StateMap::parse(SerializedState::from_json(base)).unwrap();
        log.replay(&mut state).unwrap();
        state.to_json()
    }

    #[test]
    fn a_replay_merges_with_what_another_request_wrote() {
        let changes = [set("a", 1), increment("n"), Change::Remove("gone".into())];
        let json = replayed_on(r#"{"b":2,"gone":0,"n":41}"#, changes);
        assert_eq!(json, r#"{"a":1,"b":2,"n":42}"#);
    }

    #[test]
    fn a_clear_keeps_only_what_follows_it() {
        let json = replayed_on(r#"{"b":2}"#, [set("a", 1), Change::Clear, set("c", 3)]);
        assert_eq!(json, r#"{"c":3}"#);
    }

    #[test]
    fn the_log_holds_no_more_than_what_matters() {
        let mut log = Changes::default();
        for n in 0..1_000 {
            log.push(increment("k"));
            log.push(set("k", n));
        }
        assert_eq!(log.0.len(), 1);
        log.push(Change::Clear);
        assert_eq!(log.0.len(), 1);
    }
}
