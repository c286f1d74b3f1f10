use std::borrow::Cow;

use serde::de::DeserializeOwned;

use super::{Inner, Session};
use crate::errors::SessionError;
use crate::state::KeyFor;
use crate::state::changes::{AlreadyTaken, Change};
use crate::state::envelope::open;
use crate::state::value::decode;

impl Session {
    /// Removes the value under `key` and returns it.
    ///
    /// A value with a deadline of its own ([`StateKey::expiring`](crate::StateKey::expiring)) is
    /// taken only once. The call commits the removal, together with the other changes so far. Of
    /// several parallel requests that take the value, one gets it, and the others get `None`. It
    /// stays removed if the handler fails afterwards.
    ///
    /// # Errors
    ///
    /// Returns [`SessionError::Store`] if the record cannot be loaded, and
    /// [`SessionError::Deserialize`] if the value is not a `T`; the value stays then. For a value
    /// with a deadline, it also returns the errors of [`commit`](Self::commit). If the store fails,
    /// the value may be lost, but no other request gets it as well. If the call is dropped while it
    /// waits for the store, the next change or the end of the request puts the value back, unless
    /// the removal has taken effect.
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
        key: impl KeyFor<T>,
    ) -> Result<Option<T>, SessionError> {
        let now = self.0.env.now();
        let (state, limit) = self.0.server_state_mut().await?;
        let Some(stored) = state.view().get(key.name()) else {
            return Ok(None);
        };
        let opened = open(stored);
        if !opened.is_live(|| now) {
            return Ok(None);
        }
        let value = decode(key.name(), opened.json)?;
        if opened.has_deadline() {
            let stored = stored.to_owned();
            let is_taken = Box::pin(self.take_once(key.into_name(), stored)).await?;
            return Ok(is_taken.then_some(value));
        }
        state.apply(Change::remove(key.into_name()), limit)?;
        Ok(Some(value))
    }

    /// Removes the value at once. Returns `false` if another request has changed it before.
    async fn take_once(
        &mut self,
        key: Cow<'static, str>,
        stored: String,
    ) -> Result<bool, SessionError> {
        let (state, limit) = self.0.server_state_mut().await?;
        let change = Change::take(key.clone(), stored.clone());
        state.apply(change, limit)?;
        // A caller may drop this future while it waits.
        self.0.progress.taking = Some((key.clone(), stored));
        match self.commit_now().await {
            Ok(()) => {
                self.0.progress.taking = None;
                Ok(true)
            }
            Err(SessionError::UpdateRefused {
                key: refused,
                source,
            }) if refused == key && source.is::<AlreadyTaken>() => {
                self.0.progress.taking = None;
                Ok(false)
            }
            Err(error) => {
                self.0.undo_failed_take();
                Err(error)
            }
        }
    }
}

impl Inner {
    /// Takes a removal back of which the handler has not learnt the outcome. A later commit must
    /// not repeat it, as nobody gets the value then.
    pub(crate) fn undo_failed_take(&mut self) {
        if let Some((key, stored)) = self.progress.taking.take() {
            self.found.undo_take(&key, stored);
        }
    }
}
