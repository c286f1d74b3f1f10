use std::borrow::Cow;
use std::sync::OnceLock;

use time::UtcDateTime;

use super::changes::{Change, Changes};
use super::json_map::JsonMap;
use super::view::{Length, StateView};
use crate::errors::SessionError;
use crate::store::SerializedState;

/// The server-side state: the stored one, and the changes to it.
#[derive(Clone)]
pub(crate) struct ServerState {
    stored: Stored,
    changes: Changes,
    /// The length of the state with its changes; computed for the first of them.
    length: Option<Length>,
}

/// The stored state.
#[derive(Clone)]
enum Stored {
    Parsed(JsonMap),
    /// Written by this request, and parsed if it is used again.
    Written(SerializedState, OnceLock<JsonMap>),
}

impl Stored {
    fn as_serialized(&self) -> &SerializedState {
        match self {
            Self::Parsed(map) => map.text(),
            Self::Written(text, _) => text,
        }
    }

    fn as_map(&self) -> &JsonMap {
        match self {
            Self::Parsed(map) => map,
            Self::Written(text, map) => map.get_or_init(|| {
                let parsed = JsonMap::parse(text.clone());
                parsed.expect("`serialize` wrote it from JSON texts")
            }),
        }
    }
}

impl ServerState {
    /// Parses a stored state, without the values whose own deadline has passed. The next write
    /// leaves them out of the store.
    pub(crate) fn parse(
        stored: SerializedState,
        now: UtcDateTime,
    ) -> Result<Self, serde_json::Error> {
        let mut map = JsonMap::parse(stored)?;
        map.drop_expired(|| now);
        Ok(Self {
            stored: Stored::Parsed(map),
            changes: Changes::default(),
            length: None,
        })
    }

    pub(crate) fn view(&self) -> StateView<'_> {
        StateView::new(self.stored.as_map(), &self.changes)
    }

    pub(crate) fn is_changed(&self) -> bool {
        !self.changes.is_empty()
    }

    /// Makes a change. Returns `false` if it makes no difference.
    ///
    /// # Errors
    ///
    /// Returns [`SessionError::StateTooLarge`] if the state would grow beyond `limit` bytes.
    /// Nothing changes then.
    pub(crate) fn apply(&mut self, change: Change, limit: usize) -> Result<bool, SessionError> {
        let before = self.length();
        let Some(after) = self.view().length_after(&change, before) else {
            // It makes a difference to the values that the log-in does not see yet, or to the
            // result of an update on the value of another request.
            if self.changes.may_be_joined() || self.changes.has_update_before(&change) {
                self.changes.push(change);
                self.length = None;
            }
            return Ok(false);
        };
        if after > before {
            within(after, limit)?;
        }
        self.length = Some(after);
        self.changes.push(change);
        Ok(true)
    }

    /// Removes all values but those under `keys`.
    pub(crate) fn keep_only(&mut self, keys: Vec<Cow<'static, str>>) {
        self.changes.keep_only(keys);
        self.length = None;
    }

    /// Takes [`Self::keep_only`] back, before the changes are made to another state.
    pub(crate) fn keep_all(&mut self) {
        self.changes.keep_all();
        self.length = None;
    }

    /// Makes the changes to `base`, the state that another request committed.
    ///
    /// # Errors
    ///
    /// Returns [`SessionError::StateTooLarge`] if the result would be too large, and larger than
    /// `base`. Nothing changes then.
    /// Returns the error of an update that fails on that state. Then the changes of its key are
    /// undone, and no others.
    pub(crate) fn rebase(&mut self, base: Self, limit: usize) -> Result<(), SessionError> {
        let mut changes = self.changes.clone();
        let map = base.stored.as_map();
        let updated = changes.rebase(map);
        let length = StateView::new(map, &changes).length();
        base.may_become(length, limit)?;
        *self = Self {
            changes,
            length: Some(length),
            ..base
        };
        updated
    }

    /// Returns the state as it is to be stored.
    ///
    /// # Errors
    ///
    /// Returns [`SessionError::StateTooLarge`] if the state has grown and has more than `limit`
    /// bytes.
    pub(crate) fn serialize(&self, limit: usize) -> Result<SerializedState, SessionError> {
        if !self.is_changed() {
            return Ok(self.stored.as_serialized().clone());
        }
        let length = self.length();
        self.may_become(length, limit)?;
        Ok(SerializedState::from_json(self.view().to_json(length)))
    }

    /// Takes the removal of [`Change::take`] back, unless it was committed or refused.
    pub(crate) fn undo_take(&mut self, key: &str, stored: String) {
        self.changes.undo_take(key, stored);
        self.length = None;
    }

    /// Notes that the state with its changes was stored as `stored`. Changes may have been taken
    /// back since.
    pub(crate) fn adopt(&mut self, stored: &SerializedState) {
        if self.is_changed() || self.stored.as_serialized() != stored {
            self.stored = Stored::Written(stored.clone(), OnceLock::new());
            self.changes = Changes::default();
            self.length = None;
        }
    }

    pub(crate) fn clear_changes(&mut self) {
        if self.is_changed() {
            self.changes = Changes::default();
            self.length = None;
        }
    }

    /// Refuses a result beyond the limit. A state that was stored under a higher one may stay, and
    /// become smaller.
    fn may_become(&self, result: Length, limit: usize) -> Result<(), SessionError> {
        match result.as_json() <= self.stored.as_serialized().as_json().len() {
            true => Ok(()),
            false => within(result, limit),
        }
    }

    fn length(&self) -> Length {
        self.length.unwrap_or_else(|| self.view().length())
    }
}

impl Default for ServerState {
    fn default() -> Self {
        Self {
            stored: Stored::Parsed(JsonMap::default()),
            changes: Changes::default(),
            length: None,
        }
    }
}

fn within(length: Length, limit: usize) -> Result<(), SessionError> {
    let size = length.as_json();
    match size <= limit {
        true => Ok(()),
        false => Err(SessionError::StateTooLarge { size, limit }),
    }
}

#[cfg(test)]
mod tests;
