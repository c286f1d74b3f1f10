//! The methods of [`Session`] for the state that is kept in the store.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::lookup::LoadedSession;
use super::{Inner, Session};
use crate::errors::SessionError;
use crate::state::changes::Change;
use crate::state::json_map::{StateMap, as_raw, from_json, to_json};
use crate::state::{Key, KeyName};
use crate::store::StoreError;

impl Session {
    /// The value under `key`, or `None` if there is none.
    ///
    /// # Errors
    ///
    /// If the record cannot be loaded, or the value is not a `T`.
    ///
    /// # Example
    ///
    /// ```
    /// # use session_kit as session;
    /// # session::testing::run(session_memory::InMemorySessionStore::new(), async |session| {
    /// session.insert("theme", "dark").await?;
    /// assert_eq!(session.get::<String>("theme").await?.as_deref(), Some("dark"));
    /// assert!(session.get::<u64>("theme").await.is_err());
    /// # Ok(()) });
    /// ```
    pub async fn get<T: DeserializeOwned>(
        &self,
        key: impl Key<T>,
    ) -> Result<Option<T>, SessionError> {
        let key = key.into_name();
        let json = self.view().await?.get(&key);
        json.map(|json| from_json(&key, json)).transpose()
    }

    /// The value under `key` as JSON, or `None` if there is none.
    ///
    /// # Errors
    ///
    /// If the record cannot be loaded.
    ///
    /// # Example
    ///
    /// ```
    /// # use session_kit as session;
    /// # session::testing::run(session_memory::InMemorySessionStore::new(), async |session| {
    /// session.insert("sizes", [37, 42]).await?;
    /// assert_eq!(session.get_raw("sizes").await?.map(|raw| raw.get()), Some("[37,42]"));
    /// # Ok(()) });
    /// ```
    pub async fn get_raw(&self, key: impl KeyName) -> Result<Option<&RawValue>, SessionError> {
        Ok(self.view().await?.get(&key.into_name()).map(as_raw))
    }

    /// Whether there is a value under `key`.
    ///
    /// # Errors
    ///
    /// If the record cannot be loaded.
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
        Ok(self.view().await?.get(&key.into_name()).is_some())
    }

    /// Whether the server-side state has no values.
    ///
    /// # Errors
    ///
    /// If the record cannot be loaded.
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
        Ok(self.view().await?.is_empty())
    }

    /// All keys with their values as JSON, ordered by key.
    ///
    /// # Errors
    ///
    /// If the record cannot be loaded.
    ///
    /// # Example
    ///
    /// ```
    /// # use session_kit as session;
    /// # session::testing::run(session_memory::InMemorySessionStore::new(), async |session| {
    /// session.insert("b", 2).await?;
    /// session.insert("a", 1).await?;
    /// let entries: Vec<_> = session.entries().await?.map(|(k, v)| (k, v.get())).collect();
    /// assert_eq!(entries, [("a", "1"), ("b", "2")]);
    /// # Ok(()) });
    /// ```
    pub async fn entries(&self) -> Result<impl Iterator<Item = (&str, &RawValue)>, SessionError> {
        let entries = self.view().await?.iter();
        Ok(entries.map(|(key, json)| (key, as_raw(json))))
    }

    /// Sets the value under `key`. An equal value is no change, and nothing is written.
    ///
    /// If two parallel requests insert under one key, the one that commits later wins; see
    /// [`update`](Self::update) for a change that depends on what is there.
    ///
    /// # Errors
    ///
    /// If the record cannot be loaded, the value cannot be written as JSON, or the state would be
    /// larger than `session.state.max_size`; then nothing changes.
    ///
    /// # Example
    ///
    /// ```
    /// # use session_kit as session;
    /// # session::testing::run(session_memory::InMemorySessionStore::new(), async |session| {
    /// const THEME: session::StateKey<String> = session::StateKey::new("theme");
    /// session.insert(THEME, "dark".to_owned()).await?;
    /// assert_eq!(session.get(THEME).await?.as_deref(), Some("dark"));
    /// # Ok(()) });
    /// ```
    pub async fn insert<T: Serialize>(
        &mut self,
        key: impl Key<T>,
        value: T,
    ) -> Result<(), SessionError> {
        let key = key.into_name();
        let value = to_json(&key, &value)?;
        self.change(Change::Set(key, value)).await?;
        Ok(())
    }

    /// Replaces the value under `key` by what `f` makes of it, and returns the new value.
    ///
    /// If another request commits in between, `f` runs again on the value that it left: so
    /// parallel updates of one key are all kept. `f` should do nothing but compute.
    ///
    /// # Errors
    ///
    /// If the record cannot be loaded, the value is not a `T` or cannot be written as JSON, or the
    /// state would be larger than `session.state.max_size`; then nothing changes.
    ///
    /// # Example
    ///
    /// ```
    /// # use session_kit as session;
    /// # session::testing::run(session_memory::InMemorySessionStore::new(), async |session| {
    /// let visits = session.update("visits", |n: Option<u64>| n.unwrap_or(0) + 1).await?;
    /// assert_eq!(visits, 1);
    /// # Ok(()) });
    /// ```
    pub async fn update<T, F>(&mut self, key: impl Key<T>, f: F) -> Result<T, SessionError>
    where
        T: Serialize + DeserializeOwned,
        F: Fn(Option<T>) -> T + Send + Sync + 'static,
    {
        let key = key.into_name();
        let name = key.clone();
        let updater = move |old: Option<&str>| {
            let old = old.map(|json| from_json(&name, json)).transpose()?;
            to_json(&name, &f(old)).map(Some)
        };
        self.change(Change::Update(key.clone(), Box::new(updater)))
            .await?;
        let json = self.view().await?.get(&key);
        from_json(&key, json.unwrap_or("null"))
    }

    /// Removes the value under `key`. Returns whether there was one.
    ///
    /// # Errors
    ///
    /// If the record cannot be loaded.
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
        self.change(Change::Remove(key.into_name())).await
    }

    /// Removes the value under `key` and returns it.
    ///
    /// # Errors
    ///
    /// If the record cannot be loaded, or the value is not a `T`; then it stays.
    ///
    /// # Example
    ///
    /// ```
    /// # use session_kit as session;
    /// # session::testing::run(session_memory::InMemorySessionStore::new(), async |session| {
    /// session.insert("notice", "saved").await?;
    /// assert_eq!(session.take::<String>("notice").await?.as_deref(), Some("saved"));
    /// assert_eq!(session.take::<String>("notice").await?, None);
    /// # Ok(()) });
    /// ```
    pub async fn take<T: DeserializeOwned>(
        &mut self,
        key: impl Key<T>,
    ) -> Result<Option<T>, SessionError> {
        let key = key.into_name();
        let Some(json) = self.view().await?.get(&key) else {
            return Ok(None);
        };
        let value = from_json(&key, json)?;
        self.change(Change::Remove(key)).await?;
        Ok(Some(value))
    }

    /// Removes all values. The session goes on: see [`invalidate`](Self::invalidate) to end it.
    ///
    /// # Errors
    ///
    /// If the record cannot be loaded.
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

    /// Loads the record now, if that was not done yet.
    ///
    /// After it, the client-side state is as strict as the server-side state: if the session has
    /// ended, it is empty.
    ///
    /// # Errors
    ///
    /// If the record cannot be loaded.
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

    pub(crate) async fn view(&self) -> Result<&StateMap, SessionError> {
        if self.0.env.store.is_cookie_only() {
            return Err(StoreError::unsupported().into());
        }
        Ok(self.0.load().await?.state.view())
    }

    pub(crate) async fn change(&mut self, change: Change) -> Result<bool, SessionError> {
        if self.0.env.store.is_cookie_only() {
            return Err(StoreError::unsupported().into());
        }
        let limit = self.0.env.policy.state().max_size;
        self.0.load_mut().await?.state.apply(change, limit)
    }
}

impl Inner {
    pub(crate) async fn load(&self) -> Result<&LoadedSession, SessionError> {
        self.progress.mark_consulted();
        self.found.load(&self.env).await
    }

    async fn load_mut(&mut self) -> Result<&mut LoadedSession, SessionError> {
        self.progress.mark_consulted();
        self.found.load_mut(&self.env).await
    }
}
