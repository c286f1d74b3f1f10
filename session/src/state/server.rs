use crate::errors::SessionError;
use crate::state::changes::{Change, Changes};
use crate::state::json_map::StateMap;
use crate::store::SerializedState;

/// The server-side state as it is now, and the changes that led there from what was loaded.
#[derive(Default)]
pub(crate) struct ServerState {
    view: StateMap,
    changes: Changes,
}

impl ServerState {
    pub(crate) fn parse(state: &SerializedState) -> Result<Self, serde_json::Error> {
        Ok(Self {
            view: StateMap::parse(state.clone())?,
            changes: Changes::default(),
        })
    }

    pub(crate) fn view(&self) -> &StateMap {
        &self.view
    }

    pub(crate) fn is_changed(&self) -> bool {
        !self.changes.is_empty()
    }

    /// Applies a change and logs it, unless it makes no difference. Returns whether it did.
    ///
    /// If the state would have more than `limit` bytes, nothing changes.
    pub(crate) fn apply(&mut self, change: Change, limit: usize) -> Result<bool, SessionError> {
        let different = match &change {
            Change::Set(key, value) => {
                self.view.insert_within(key.clone(), value.clone(), limit)?
            }
            Change::Update(key, update) => match update(self.view.get(key))? {
                Some(value) => self.view.insert_within(key.clone(), value, limit)?,
                None => self.view.remove(key),
            },
            Change::Remove(key) => self.view.remove(key),
            Change::Clear => !self.view.is_empty(),
        };
        if matches!(change, Change::Clear) {
            self.view.clear();
        }
        if different {
            self.changes.push(change);
        }
        Ok(different)
    }

    /// Repeats the changes on what another request committed.
    pub(crate) fn rebase(
        &mut self,
        fresh: &SerializedState,
        limit: usize,
    ) -> Result<(), SessionError> {
        // What was committed after we could read it last is not readable: the same typed error.
        let mut view = StateMap::parse(fresh.clone()).map_err(|_| SessionError::Unreadable)?;
        self.changes.replay(&mut view)?;
        view.check(limit)?;
        self.view = view;
        Ok(())
    }

    /// The changes are in the store now.
    pub(crate) fn committed(&mut self) {
        self.changes.forget();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::json_map::to_json;

    fn set(value: &str) -> Change {
        Change::Set("k".into(), to_json("k", value).unwrap())
    }

    #[test]
    fn what_makes_no_difference_is_no_change() {
        let state = SerializedState::from_json(r#"{"k":"v"}"#);
        let mut state = ServerState::parse(&state).unwrap();
        assert!(!state.apply(set("v"), 100).unwrap());
        assert!(!state.apply(Change::Remove("other".into()), 100).unwrap());
        assert!(!ServerState::default().apply(Change::Clear, 100).unwrap());
        assert!(!state.is_changed());
        assert!(state.apply(set("w"), 100).unwrap());
        assert!(state.is_changed());
    }

    #[test]
    fn a_state_beyond_the_limit_is_refused_and_nothing_is_lost() {
        let mut state = ServerState::parse(&SerializedState::from_json(r#"{"k":"v"}"#)).unwrap();
        let refused = state.apply(set("too long"), 15).unwrap_err();
        assert!(matches!(
            refused,
            SessionError::StateTooLarge {
                size: 16,
                limit: 15
            }
        ));
        assert_eq!(state.view().to_json(), r#"{"k":"v"}"#);
        assert!(!state.is_changed());
        assert!(state.apply(set("fitting"), 15).unwrap());
    }
}
