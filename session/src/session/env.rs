use time::UtcDateTime;

use crate::config::SessionPolicy;
use crate::errors::SessionError;
use crate::principal::Principal;
use crate::store::{SessionStore, SessionSummary, StoreError};

/// The rules and the store that all sessions of an application share, and the time of the request.
pub(crate) struct Env {
    pub(crate) policy: SessionPolicy,
    pub(crate) store: SessionStore,
    /// The time at which the request arrived, before its body was read; `None` without a cookie.
    arrived_at: Option<UtcDateTime>,
}

impl Env {
    pub(crate) fn new(store: &SessionStore, policy: &SessionPolicy, has_cookie: bool) -> Self {
        Self {
            policy: policy.clone(),
            store: store.clone().with_operation_timeout(policy.store_timeout()),
            arrived_at: has_cookie.then(|| policy.now()),
        }
    }

    /// Returns `true` if the request arrived before that time, at which its session had begun. The
    /// session of a request without a cookie began in that request.
    pub(crate) fn arrived_before(&self, time: UtcDateTime) -> bool {
        self.arrived_at.is_none_or(|arrived_at| arrived_at < time)
    }

    pub(crate) fn now(&self) -> UtcDateTime {
        self.policy.now()
    }

    /// Lists the sessions of a principal that have not ended.
    pub(crate) async fn live_sessions_of(
        &self,
        principal: &Principal,
    ) -> Result<Vec<SessionSummary>, StoreError> {
        let summaries = self.store.sessions_of(principal).await?;
        Ok(self.policy.live(summaries))
    }

    /// Refuses a client-side state of `size` bytes that does not fit into the cookie.
    pub(crate) fn check_cookie_size(&self, size: usize) -> Result<(), SessionError> {
        let limit = self.policy.cookie().max_client_state();
        match size <= limit {
            true => Ok(()),
            false => Err(SessionError::ClientStateTooLarge { size, limit }),
        }
    }
}
