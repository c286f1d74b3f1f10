//! The methods of [`Session`] for the state that is kept in the store.

use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::lookup::LoadedSession;
use super::{Inner, Session};
use crate::errors::SessionError;
use crate::state::changes::Change;
use crate::state::envelope::seal;
use crate::state::server::ServerState;
use crate::state::value::{as_raw, decode, encode};
use crate::state::view::StateView;
use crate::state::{KeyFor, KeyName, StateValue};
use crate::store::StoreError;

impl Session {
    /// Returns the value under `key`, or `None` if there is none.
    ///
    /// # Errors
    ///
    /// Returns [`SessionError::Store`] if the record cannot be loaded, and
    /// [`SessionError::Deserialize`] if the value is not a `T`.
    ///
    /// # Example
    ///
    /// ```
    /// # use session_kit as session;
    /// # session::testing::run(session_memory::InMemorySessionStore::new(), async |session| {
    /// session.insert("theme", "dark").await?;
    /// assert_eq!(session.get::<String>("theme").await?.as_deref(), Some("dark"));
    /// assert!(session.get::<u64>("theme").await.is_err());
    ///
    /// // A key that is computed:
    /// let key = format!("draft of page {}", 7);
    /// assert_eq!(session.get::<String>(&key).await?, None);
    /// # Ok(()) });
    /// ```
    pub async fn get<T: DeserializeOwned>(
        &self,
        key: impl KeyFor<T>,
    ) -> Result<Option<T>, SessionError> {
        let view = self.view().await?;
        let json = view.live(key.name(), || self.0.env.now());
        json.map(|json| decode(key.name(), json)).transpose()
    }

    /// Returns the value under `key` as JSON, or `None` if there is none.
    ///
    /// # Errors
    ///
    /// Returns [`SessionError::Store`] if the record cannot be loaded.
    ///
    /// # Example
    ///
    /// ```
    /// # use session_kit as session;
    /// # session::testing::run(session_memory::InMemorySessionStore::new(), async |session| {
    /// session.insert("sizes", &[37, 42]).await?;
    /// assert_eq!(session.get_raw("sizes").await?.map(|raw| raw.get()), Some("[37,42]"));
    /// # Ok(()) });
    /// ```
    pub async fn get_raw(&self, key: impl KeyName) -> Result<Option<&RawValue>, SessionError> {
        let view = self.view().await?;
        Ok(view.live(key.name(), || self.0.env.now()).map(as_raw))
    }

    /// Returns `true` if there is a value under `key`.
    ///
    /// # Errors
    ///
    /// Returns [`SessionError::Store`] if the record cannot be loaded.
    ///
    /// # Example
    ///
    /// ```
    /// # use session_kit as session;
    /// # session::testing::run(session_memory::InMemorySessionStore::new(), async |session| {
    /// assert!(!session.contains_key("theme").await?);
    /// session.insert("theme", "dark").await?;
    /// assert!(session.contains_key("theme").await?);
    /// # Ok(()) });
    /// ```
    pub async fn contains_key(&self, key: impl KeyName) -> Result<bool, SessionError> {
        Ok(self.get_raw(key).await?.is_some())
    }

    /// Returns `true` if the server-side state has no values.
    ///
    /// # Errors
    ///
    /// Returns [`SessionError::Store`] if the record cannot be loaded.
    ///
    /// # Example
    ///
    /// ```
    /// # use session_kit as session;
    /// # session::testing::run(session_memory::InMemorySessionStore::new(), async |session| {
    /// assert!(session.is_empty().await?);
    /// # Ok(()) });
    /// ```
    pub async fn is_empty(&self) -> Result<bool, SessionError> {
        Ok(self.entries().await?.next().is_none())
    }

    /// Returns all keys with their values as JSON, ordered by key.
    ///
    /// # Errors
    ///
    /// Returns [`SessionError::Store`] if the record cannot be loaded.
    ///
    /// # Example
    ///
    /// ```
    /// # use session_kit as session;
    /// # session::testing::run(session_memory::InMemorySessionStore::new(), async |session| {
    /// session.insert("b", &2).await?;
    /// session.insert("a", &1).await?;
    /// let entries: Vec<_> = session.entries().await?.map(|(k, v)| (k, v.get())).collect();
    /// assert_eq!(entries, [("a", "1"), ("b", "2")]);
    /// # Ok(()) });
    /// ```
    pub async fn entries(&self) -> Result<impl Iterator<Item = (&str, &RawValue)>, SessionError> {
        let entries = self.view().await?.live_entries(|| self.0.env.now());
        Ok(entries.map(|(key, json)| (key, as_raw(json))))
    }

    /// Sets the value under `key`, which is written as JSON and is sure to be
    /// [readable](StateValue#what-is-guaranteed) again.
    ///
    /// An equal value is not a change, and nothing is written to the store. Values are compared as
    /// JSON. The order of a map's entries does not count, the order of a list's items does. A
    /// `HashSet` is written as a list in another order each time; a `BTreeSet` is not.
    ///
    /// If two parallel requests insert under one key, the one that commits later wins. See
    /// [`update`](Self::update) for a change that depends on the present value.
    ///
    /// # Errors
    ///
    /// Nothing changes if the call fails. Returns
    ///
    /// - [`SessionError::Store`] if the record cannot be loaded;
    /// - [`SessionError::Serialize`] if JSON does not have the value, such as NaN;
    /// - [`SessionError::NotReadBack`] if the value cannot be read from the JSON that it is written
    ///   as;
    /// - [`SessionError::StateTooLarge`] if the state would be larger than
    ///   `session.state.max_size`.
    ///
    /// # Example
    ///
    /// ```
    /// # use session_kit as session;
    /// # session::testing::run(session_memory::InMemorySessionStore::new(), async |session| {
    /// const THEME: session::StateKey<String> = session::StateKey::new("theme");
    /// session.insert(THEME, "dark").await?;
    /// assert_eq!(session.get(THEME).await?.as_deref(), Some("dark"));
    /// # Ok(()) });
    /// ```
    pub async fn insert<V: StateValue + ?Sized>(
        &mut self,
        key: impl KeyFor<V::Owned>,
        value: &V,
    ) -> Result<(), SessionError> {
        let (json, _read_back) = encode(key.name(), value)?;
        let json = seal(json, self.0.env.deadline_after(key.valid_for()));
        self.change(Change::set(key.into_name(), json)).await?;
        Ok(())
    }

    /// Removes the value under `key`. Returns `true` if there was one.
    ///
    /// # Errors
    ///
    /// Returns [`SessionError::Store`] if the record cannot be loaded.
    ///
    /// # Example
    ///
    /// ```
    /// # use session_kit as session;
    /// # session::testing::run(session_memory::InMemorySessionStore::new(), async |session| {
    /// session.insert("theme", "dark").await?;
    /// assert!(session.remove("theme").await?);
    /// assert!(!session.remove("theme").await?);
    /// # Ok(()) });
    /// ```
    pub async fn remove(&mut self, key: impl KeyName) -> Result<bool, SessionError> {
        self.change(Change::remove(key.into_name())).await
    }

    /// Removes all values. The session goes on; see [`invalidate`](Self::invalidate) to end it.
    ///
    /// # Errors
    ///
    /// Returns [`SessionError::Store`] if the record cannot be loaded.
    ///
    /// # Example
    ///
    /// ```
    /// # use session_kit as session;
    /// # session::testing::run(session_memory::InMemorySessionStore::new(), async |session| {
    /// session.insert("theme", "dark").await?;
    /// session.clear().await?;
    /// assert!(session.is_empty().await?);
    /// # Ok(()) });
    /// ```
    pub async fn clear(&mut self) -> Result<(), SessionError> {
        self.change(Change::Clear).await?;
        Ok(())
    }

    /// Loads the record now, unless that was done already.
    ///
    /// If the session has ended, its client-side state is empty after the call, like its
    /// server-side state. The values of an older cookie with the same secret are still accepted:
    /// see [`ClientState`](crate::ClientState#rollback).
    ///
    /// # Errors
    ///
    /// Returns [`SessionError::Store`] if the record cannot be loaded.
    ///
    /// # Example
    ///
    /// ```
    /// # use session_kit as session;
    /// # session::testing::run(session_memory::InMemorySessionStore::new(), async |session| {
    /// session.force_load().await?;
    /// let language: Option<String> = session.client().get("language")?;
    /// # assert_eq!(language, None);
    /// # Ok(()) });
    /// ```
    pub async fn force_load(&self) -> Result<(), SessionError> {
        self.0.load().await?;
        Ok(())
    }

    pub(crate) async fn view(&self) -> Result<StateView<'_>, SessionError> {
        self.0.require_store()?;
        Ok(self.0.load().await?.state.view())
    }

    pub(crate) async fn change(&mut self, change: Change) -> Result<bool, SessionError> {
        let (state, limit) = self.0.server_state_mut().await?;
        state.apply(change, limit)
    }
}

impl Inner {
    pub(crate) async fn load(&self) -> Result<&LoadedSession, SessionError> {
        self.progress.mark_consulted();
        self.found.load(&self.env).await
    }

    /// Returns the server-side state, to change, and its limit in bytes.
    pub(super) async fn server_state_mut(
        &mut self,
    ) -> Result<(&mut ServerState, usize), SessionError> {
        self.require_store()?;
        self.progress.mark_consulted();
        self.undo_failed_take();
        self.pending.forget_dropped_log_in();
        if self.progress.sent.is_some() {
            // Boxed: its state is not part of the futures of requests that do not come here.
            Box::pin(self.settle_unconfirmed()).await?;
        }
        let loaded = self.found.load_mut(&self.env).await?;
        Ok((&mut loaded.state, self.env.policy.state().max_size))
    }

    pub(crate) fn require_store(&self) -> Result<(), SessionError> {
        match self.env.store.is_cookie_only() {
            true => Err(StoreError::unsupported().into()),
            false => Ok(()),
        }
    }
}
