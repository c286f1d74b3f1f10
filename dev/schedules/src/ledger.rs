//! The list of all sessions that were ever created, which no index of a store can hide.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use session::SessionId;
use session::store::{SessionRecord, SessionStorageBackend, StoreError};
use session::testing::{Answer, Interceptor, ManualClock, Operation};

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

    async fn matching(&self, matches: impl Fn(&SessionRecord) -> bool) -> Vec<SessionId> {
        let mut live = Vec::new();
        for id in self.ledger.ids() {
            let record = self.get(id).await;
            if record.is_some_and(|it| it.expires_at > self.clock.now() && matches(&it)) {
                live.push(id);
            }
        }
        live
    }
}
