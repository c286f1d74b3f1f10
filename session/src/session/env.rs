use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use time::UtcDateTime;

use super::checked_store::CheckedSessionStore;
use crate::clock::{self, to_micros};
use crate::config::SessionPolicy;
use crate::errors::SessionError;
use crate::principal::Principal;
use crate::store::{SessionStore, SessionSummary, StoreError};

/// The rules and the store that all sessions of an application share, and the time of the request.
pub(crate) struct Env {
    pub(crate) policy: SessionPolicy,
    pub(crate) store: Arc<SessionStore>,
    /// The time at which the request arrived, in microseconds, or [`NOT_USED`]. Without a body that
    /// arrives later, it is the time at which the session was first used.
    arrived_at: AtomicI64,
}

/// The time of arrival of a request that has not used its session.
const NOT_USED: i64 = i64::MAX;

impl Env {
    pub(crate) fn new(
        store: &CheckedSessionStore,
        policy: &SessionPolicy,
        arrived_at: Option<UtcDateTime>,
    ) -> Self {
        Self {
            policy: policy.clone(),
            store: Arc::clone(store.store()),
            arrived_at: arrived_at.map_or(NOT_USED, to_micros).into(),
        }
    }

    /// Notes the first use of the session. The cookies are authenticated once, and call it.
    pub(crate) fn note_use(&self, now: UtcDateTime) {
        if self.arrived_at.load(Ordering::Relaxed) == NOT_USED {
            self.arrived_at.store(to_micros(now), Ordering::Relaxed);
        }
    }

    /// Returns `true` if the request arrived before that time.
    pub(crate) fn arrived_before(&self, time: UtcDateTime) -> bool {
        self.arrived_at.load(Ordering::Relaxed) < to_micros(time)
    }

    pub(crate) fn now(&self) -> UtcDateTime {
        self.policy.now()
    }

    /// Returns the deadline of a value that is written now.
    pub(crate) fn deadline_after(&self, valid_for: Option<Duration>) -> Option<UtcDateTime> {
        valid_for.map(|valid_for| clock::after(self.now(), valid_for))
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
