//! The list of all sessions that were ever created, which no index of a store can hide.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use session::SessionId;
use session::store::{SessionRecord, SessionStorageBackend, StoreError};
use session::testing::{Answer, Interceptor, ManualClock, Operation};
use session::time::UtcDateTime;

use crate::alice::alice;

/// Notes the id of each record that reaches the store.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ledger(Arc<Mutex<BTreeSet<SessionId>>>);

#[async_trait]
impl Interceptor for Ledger {
    async fn intercept(
        &self,
        operation: Operation<'_>,
        store: &dyn SessionStorageBackend,
    ) -> Result<Answer, StoreError> {
        if let Operation::Create(record) = operation {
            self.lock().insert(record.id);
        }
        operation.run(store).await
    }
}

impl Ledger {
    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeSet<SessionId>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the times at which sessions were created, in their order.
    pub(crate) fn times_of_creation(&self) -> BTreeSet<UtcDateTime> {
        self.lock().iter().map(|id| id.created_at()).collect()
    }

    fn ids(&self) -> Vec<SessionId> {
        self.lock().iter().copied().collect()
    }
}

/// The records, as somebody sees them who can read the store past the scheduler.
#[derive(Clone, Debug)]
pub(crate) struct Records {
    pub(crate) ledger: Ledger,
    pub(crate) backend: Arc<dyn SessionStorageBackend>,
    pub(crate) clock: ManualClock,
    /// The `valid_from` of the application, since it was restarted with one.
    pub(crate) valid_from: Option<UtcDateTime>,
}

impl Records {
    pub(crate) async fn get(&self, id: SessionId) -> Option<Arc<SessionRecord>> {
        let record = self.backend.load(id).await;
        record.expect("the store does not fail")
    }

    /// Returns the live sessions, anonymous ones included.
    pub(crate) async fn all(&self) -> Vec<SessionId> {
        self.matching(|_| true).await
    }

    /// Returns the live sessions of the principal.
    pub(crate) async fn of_alice(&self) -> Vec<SessionId> {
        self.matching(|record| record.principal == Some(alice()))
            .await
    }

    /// Deletes all records.
    pub(crate) async fn clear(&self) {
        for id in self.ledger.ids() {
            let deleted = self.backend.delete(id, None).await;
            deleted.expect("the store does not fail");
        }
    }

    /// Returns `true` if a session began, and was logged in to, before the restart.
    pub(crate) fn cuts_off(
        &self,
        created_at: UtcDateTime,
        authenticated_at: Option<UtcDateTime>,
    ) -> bool {
        let latest = authenticated_at.max(Some(created_at));
        self.valid_from.is_some() && latest < self.valid_from
    }

    async fn matching(&self, matches: impl Fn(&SessionRecord) -> bool) -> Vec<SessionId> {
        let mut live = Vec::new();
        for id in self.ledger.ids() {
            let record = self.get(id).await;
            let is_live = |record: &SessionRecord| {
                record.expires_at > self.clock.now()
                    && !self.cuts_off(record.created_at, record.authenticated_at)
            };
            if record.is_some_and(|it| is_live(&it) && matches(&it)) {
                live.push(id);
            }
        }
        live
    }
}
