use time::UtcDateTime;

use crate::config::SessionPolicy;
use crate::cookie::payload::CookiePayload;
use crate::cookie::set_cookie;
use crate::errors::SessionError;
use crate::principal::Principal;
use crate::store::{SessionStore, SessionSummary, StoreError};

/// The rules and the store that all sessions of an application share.
pub(crate) struct Env {
    pub(crate) policy: SessionPolicy,
    pub(crate) store: SessionStore,
}

impl Env {
    pub(crate) fn new(store: &SessionStore, policy: &SessionPolicy) -> Self {
        Self {
            policy: policy.clone(),
            store: store.clone().with_operation_timeout(policy.store_timeout()),
        }
    }

    pub(crate) fn now(&self) -> UtcDateTime {
        self.policy.now()
    }

    pub(crate) async fn live_sessions_of(
        &self,
        principal: &Principal,
    ) -> Result<Vec<SessionSummary>, StoreError> {
        live_sessions_of(&self.store, &self.policy, principal).await
    }

    /// Refuses a client-side state that browsers would drop together with the cookie.
    pub(crate) fn check_cookie_size(&self, client_state: usize) -> Result<(), SessionError> {
        let len = CookiePayload::encoded_len(client_state);
        let size = self.policy.cookie_size(len);
        let limit = set_cookie::MAX_LEN;
        match size <= limit {
            true => Ok(()),
            false => Err(SessionError::CookieTooLarge { size, limit }),
        }
    }
}

/// Lists the sessions of a principal that have not expired.
pub(crate) async fn live_sessions_of(
    store: &SessionStore,
    policy: &SessionPolicy,
    principal: &Principal,
) -> Result<Vec<SessionSummary>, StoreError> {
    let mut summaries = store.sessions_of(principal).await?;
    let now = policy.now();
    summaries.retain_mut(|summary| {
        let absolute = policy.absolute_deadline(summary.begins_at());
        summary.expires_at = summary.expires_at.min(absolute);
        now < summary.expires_at
    });
    Ok(summaries)
}
