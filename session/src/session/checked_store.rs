#![allow(unreachable_pub, reason = "constants that Pavex generates")]

use std::sync::Arc;

use pavex::methods;

use crate::config::SessionPolicy;
use crate::store::{SessionStore, StoreError};
use crate::token::SessionId;

/// The session store of the application, after it has answered once, with the time limit of the
/// configuration.
///
/// Pavex constructs it when the server starts, because [`Session`](crate::Session) requires it. So
/// a store that lacks its table, or cannot be reached, is found before the first request.
#[derive(Clone, Debug)]
pub struct CheckedSessionStore(Arc<SessionStore>);

#[methods]
impl CheckedSessionStore {
    /// Loads a record that does not exist. A store for sessions in the cookie only is not asked.
    ///
    /// # Errors
    ///
    /// Returns [`StoreError`] if the load fails. The server does not start then.
    #[singleton]
    pub async fn new(
        // Comes with the kit of a store, such as `bp.import(session_memory::kit())`.
        store: &SessionStore,
        policy: &SessionPolicy,
    ) -> Result<Self, StoreError> {
        let checked = Self::unchecked(store, policy);
        if !store.is_cookie_only() {
            checked.store().load(SessionId::of_nobody()).await?;
        }
        Ok(checked)
    }
}

impl CheckedSessionStore {
    pub(crate) fn unchecked(store: &SessionStore, policy: &SessionPolicy) -> Self {
        let limits = &policy.config().store;
        let store = store.clone().with_operation_timeout(limits.timeout);
        Self(Arc::new(store.with_max_copy_age(limits.recent)))
    }

    pub(crate) fn store(&self) -> &Arc<SessionStore> {
        &self.0
    }
}
