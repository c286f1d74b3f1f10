//! The methods of [`Session`] for the state that is kept in the session cookie.

use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::{Inner, Session};
use crate::config::ClientSide;
use crate::cookie::payload::ClientJson;
use crate::errors::SessionError;
use crate::state::changes::{Change, Changes};
use crate::state::envelope::seal;
use crate::state::json_map::JsonMap;
use crate::state::value::{as_raw, decode, encode};
use crate::state::view::{Length, StateView};
use crate::state::{KeyFor, KeyName, StateValue};
use crate::store::SerializedState;

/// The state that is kept in the session cookie, to read; from [`Session::client`].
///
/// It costs no store operation. It is authentic and encrypted. It is trusted until the deadline in
/// the cookie, even if the session has ended meanwhile, unless the record was loaded. Keep whatever
/// must end with the session in the server-side state.
///
/// # Rollback
///
/// A client can keep an older cookie and send it again. The cookie is accepted as long as its
/// secret is that of the session, even after [`Session::force_load`], because the store does not
/// contain the client-side state. The next cookie that is sent makes the older values current. Keep
/// whatever must not go back, such as a balance or a used voucher, in the server-side state. No
/// setting refuses older values: the check would cost as many store operations as server-side state
/// does, and would lose the values of a browser that missed an answer.
#[derive(Debug)]
pub struct ClientState<'s>(&'s Session);

/// The state that is kept in the session cookie, to change; from [`Session::client_mut`].
///
/// A client can [go back](ClientState#rollback) to the values of an older cookie.
#[derive(Debug)]
pub struct ClientStateMut<'s>(&'s mut Session);

impl Session {
    /// Returns the client-side state, to read.
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

    /// Returns the client-side state, to change.
    ///
    /// A client can [go back](ClientState#rollback) to the values of an older cookie.
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

/// The client-side state with the changes so far.
pub(crate) struct ClientSnapshot<'s> {
    /// The state in the request's cookie; empty if the session has ended.
    arrived: JsonMap,
    changes: &'s Changes,
}

impl ClientSnapshot<'_> {
    pub(crate) fn view(&self) -> StateView<'_> {
        StateView::new(&self.arrived, self.changes)
    }

    fn to_json(&self) -> String {
        self.view().to_json(self.view().length())
    }

    fn size(&self) -> usize {
        self.view().length().as_json()
    }

    /// Returns the number of bytes after a change, or `None` if the change makes no difference.
    fn size_after(&self, change: &Change) -> Option<usize> {
        let length = self.view().length();
        let length = self.view().length_after(change, length);
        length.map(Length::as_json)
    }
}

impl Inner {
    pub(crate) fn client_state(&self) -> ClientSnapshot<'_> {
        let arrived = self.arrived_client_json().map(|json| {
            let json = SerializedState::from_json(json.as_str());
            let mut arrived = JsonMap::parse(json).unwrap_or_default();
            arrived.drop_expired(|| self.env.now());
            arrived
        });
        ClientSnapshot {
            arrived: arrived.unwrap_or_default(),
            changes: self.pending.client(),
        }
    }

    /// Returns the client-side state as the next cookie contains it.
    ///
    /// # Errors
    ///
    /// Returns [`SessionError::ClientStateTooLarge`] if it has grown and does not fit into the
    /// cookie. One that arrived when there was more room still fits into one of that size.
    pub(crate) fn client_json(&self) -> Result<ClientJson, SessionError> {
        let arrived = self.arrived_client_json();
        if self.pending.client().is_empty() {
            return Ok(arrived.cloned().unwrap_or_default());
        }
        let json = ClientJson::new(self.client_state().to_json());
        if json.len() > arrived.map_or(0, ClientJson::len) {
            self.env.check_cookie_size(json.len())?;
        }
        Ok(json)
    }

    /// # Errors
    ///
    /// Returns [`SessionError::ClientStateTooLarge`] if the state grows and does not fit into the
    /// cookie. Nothing changes then.
    pub(super) fn change_client_state(&mut self, change: Change) -> Result<(), SessionError> {
        let state = self.client_state();
        if let Some(size) = state.size_after(&change) {
            if size > state.size() {
                self.env.check_cookie_size(size)?;
            }
            self.pending.client_mut().push(change);
        }
        Ok(())
    }

    pub(crate) fn client_state_is_empty(&self) -> bool {
        match self.pending.client().is_empty() {
            true => self.arrived_client_json().is_none_or(ClientJson::is_empty),
            false => self.client_state().view().is_empty(),
        }
    }

    /// The client-side state that came with the request, unless its session has ended.
    fn arrived_client_json(&self) -> Option<&ClientJson> {
        let cookie = self.status().cookie();
        cookie.map(|cookie| &cookie.client_state)
    }
}

impl ClientState<'_> {
    /// Returns the value under `key`, or `None` if there is none.
    ///
    /// # Errors
    ///
    /// Returns [`SessionError::Deserialize`] if the value is not a `T`.
    pub fn get<T: DeserializeOwned>(&self, key: impl KeyFor<T>) -> Result<Option<T>, SessionError> {
        let state = self.0.0.client_state();
        let json = state.view().live(key.name(), || self.0.0.env.now());
        json.map(|json| decode(key.name(), json)).transpose()
    }

    /// Returns `true` if there is a value under `key`.
    pub fn contains_key(&self, key: impl KeyName) -> bool {
        let state = self.0.0.client_state();
        let value = state.view().live(key.name(), || self.0.0.env.now());
        value.is_some()
    }

    /// Returns `true` if there are no values.
    pub fn is_empty(&self) -> bool {
        self.entries().next().is_none()
    }

    /// Returns all keys with their values as JSON, ordered by key.
    pub fn entries(&self) -> impl Iterator<Item = (String, Box<RawValue>)> + use<> {
        let state = self.0.0.client_state();
        let entries = state.view().live_entries(|| self.0.0.env.now());
        let entries = entries.map(|(key, json)| (key.to_owned(), as_raw(json).to_owned()));
        entries.collect::<Vec<_>>().into_iter()
    }
}

impl ClientStateMut<'_> {
    /// Sets the value under `key`, which is written as JSON and is sure to be
    /// [readable](StateValue#what-is-guaranteed) again.
    ///
    /// An equal value is not a change, as for [`Session::insert`], and no cookie is sent for it. Of
    /// parallel requests, the cookie of the response that the browser receives last counts.
    ///
    /// # Errors
    ///
    /// Nothing changes if the call fails. Returns
    ///
    /// - [`SessionError::ClientStateDenied`] if `session.state.client_side` is `deny`;
    /// - [`SessionError::Serialize`] if JSON does not have the value, such as NaN;
    /// - [`SessionError::NotReadBack`] if the value cannot be read from the JSON that it is written
    ///   as;
    /// - [`SessionError::ClientStateTooLarge`] if the state does not fit into the cookie.
    pub fn insert<V: StateValue + ?Sized>(
        &mut self,
        key: impl KeyFor<V::Owned>,
        value: &V,
    ) -> Result<(), SessionError> {
        if self.0.0.env.policy.state().client_side == ClientSide::Deny {
            return Err(SessionError::ClientStateDenied);
        }
        let (json, _read_back) = encode(key.name(), value)?;
        let session = &mut *self.0.0;
        let json = seal(json, session.env.deadline_after(key.valid_for()));
        session.change_client_state(Change::set(key.into_name(), json))
    }

    /// Removes the value under `key`. Returns `true` if there was one.
    pub fn remove(&mut self, key: impl KeyName) -> bool {
        self.change(Change::remove(key.into_name()))
    }

    /// Removes all values.
    pub fn clear(&mut self) {
        self.change(Change::Clear);
    }

    fn change(&mut self, change: Change) -> bool {
        let session = &mut *self.0.0;
        let differs = session.client_state().size_after(&change).is_some();
        if differs {
            session.pending.client_mut().push(change);
        }
        differs
    }
}
