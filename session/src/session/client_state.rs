use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::{Inner, Session};
use crate::config::ClientSide;
use crate::cookie::payload::ClientJson;
use crate::errors::SessionError;
use crate::state::changes::Change;
use crate::state::json_map::{StateMap, as_raw, from_json, to_json};
use crate::state::{Key, KeyName};
use crate::store::SerializedState;

/// The state that is kept in the session cookie, to read; from [`Session::client`].
///
/// It costs no store operation. It is authentic and encrypted, but trusted until the deadline in
/// the cookie even if the session has ended meanwhile, unless the record was loaded: keep what must
/// end with the session in the server-side state.
#[derive(Debug)]
pub struct ClientState<'s>(&'s Session);

/// The state that is kept in the session cookie, to change; from [`Session::client_mut`].
#[derive(Debug)]
pub struct ClientStateMut<'s>(&'s mut Session);

impl Session {
    /// The client-side state, to read.
    ///
    /// # Example
    ///
    /// ```
    /// # use session_kit as session;
    /// # session::testing::run(session_memory::InMemorySessionStore::new(), async |session| {
    /// session.client_mut().insert("language", "de")?;
    /// assert_eq!(session.client().get::<String>("language")?.as_deref(), Some("de"));
    /// # Ok(()) });
    /// ```
    pub fn client(&self) -> ClientState<'_> {
        self.0.progress.mark_consulted();
        ClientState(self)
    }

    /// The client-side state, to change.
    ///
    /// # Example
    ///
    /// ```
    /// # use session_kit as session;
    /// # session::testing::run(session_memory::InMemorySessionStore::new(), async |session| {
    /// session.client_mut().insert("language", "de")?;
    /// session.client_mut().remove("language");
    /// assert!(session.client().is_empty());
    /// # Ok(()) });
    /// ```
    pub fn client_mut(&mut self) -> ClientStateMut<'_> {
        self.0.progress.mark_consulted();
        ClientStateMut(self)
    }
}

impl Inner {
    /// The client-side state as it is now.
    pub(crate) fn client_state(&self) -> StateMap {
        let mut state = match self.arrived_client_json() {
            Some(json) => {
                StateMap::parse(SerializedState::from_json(json.as_str())).unwrap_or_default()
            }
            None => StateMap::default(),
        };
        self.pending
            .client
            .replay(&mut state)
            .expect("only an updater can fail, and there is none for the client-side state");
        state
    }

    /// The same as the cookie says it.
    pub(crate) fn client_json(&self) -> ClientJson {
        match self.arrived_client_json() {
            Some(json) if self.pending.client.is_empty() => json.clone(),
            None if self.pending.client.is_empty() => ClientJson::default(),
            _ => ClientJson::new(self.client_state().to_json()),
        }
    }

    pub(crate) fn client_state_is_empty(&self) -> bool {
        match self.pending.client.is_empty() {
            true => self.arrived_client_json().is_none_or(ClientJson::is_empty),
            false => self.client_state().is_empty(),
        }
    }

    /// The client-side state that came with the request, unless its session has ended.
    fn arrived_client_json(&self) -> Option<&ClientJson> {
        let cookie = self.status().cookie();
        cookie.map(|cookie| &cookie.client_state)
    }
}

impl ClientState<'_> {
    /// The value under `key`, or `None` if there is none.
    ///
    /// # Errors
    ///
    /// If the value is not a `T`.
    pub fn get<T: DeserializeOwned>(&self, key: impl Key<T>) -> Result<Option<T>, SessionError> {
        let key = key.into_name();
        let state = self.0.0.client_state();
        let json = state.get(&key);
        json.map(|json| from_json(&key, json)).transpose()
    }

    /// Whether there is a value under `key`.
    pub fn contains_key(&self, key: impl KeyName) -> bool {
        self.0.0.client_state().get(&key.into_name()).is_some()
    }

    /// Whether there are no values.
    pub fn is_empty(&self) -> bool {
        self.0.0.client_state().is_empty()
    }

    /// All keys with their values as JSON, ordered by key.
    pub fn entries(&self) -> impl Iterator<Item = (String, Box<RawValue>)> + use<> {
        let state = self.0.0.client_state();
        let entries = state
            .iter()
            .map(|(key, json)| (key.to_owned(), as_raw(json).to_owned()));
        entries.collect::<Vec<_>>().into_iter()
    }
}

impl ClientStateMut<'_> {
    /// Sets the value under `key`. An equal value is no change, and no cookie is sent for it.
    ///
    /// Of parallel requests, the cookie of the response that the browser receives last counts.
    ///
    /// # Errors
    ///
    /// If the value cannot be written as JSON, the cookie would be larger than browsers accept, or
    /// `session.state.client_side` is `deny`; then nothing changes.
    pub fn insert<T: Serialize>(&mut self, key: impl Key<T>, value: T) -> Result<(), SessionError> {
        let session = &mut *self.0.0;
        if session.env.policy.state().client_side == ClientSide::Deny {
            return Err(SessionError::ClientStateDenied);
        }
        let key = key.into_name();
        let value = to_json(&key, &value)?;
        let mut state = session.client_state();
        if state.insert_within(key.clone(), value.clone(), usize::MAX)? {
            session
                .env
                .check_cookie_size(&ClientJson::new(state.to_json()))?;
            session.pending.client.push(Change::Set(key, value));
        }
        Ok(())
    }

    /// Removes the value under `key`. Returns whether there was one.
    pub fn remove(&mut self, key: impl KeyName) -> bool {
        let key = key.into_name();
        let existed = self.0.0.client_state().remove(&key);
        if existed {
            self.0.0.pending.client.push(Change::Remove(key));
        }
        existed
    }

    /// Removes all values.
    pub fn clear(&mut self) {
        if !self.0.client().is_empty() {
            self.0.0.pending.client.push(Change::Clear);
        }
    }
}
