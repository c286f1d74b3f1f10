use std::num::NonZeroU32;
use std::sync::Arc;

use session::store::{
    CreateOutcome, Extension, Principal, ReplaceOutcome, Revision, SessionRecord,
    SessionStorageBackend, SessionSummary, StoreError, StoreErrorKind, TouchOutcome,
};
use session::{SessionId, SessionStore};
use session_memory::InMemorySessionStore;
use time::UtcDateTime;
use tokio::sync::{Semaphore, watch};

/// An in-memory store that can be made to fail, and to wait before it writes.
#[derive(Clone, Debug)]
pub(crate) struct TestStore {
    records: InMemorySessionStore,
    gate: Arc<Gate>,
    dead: watch::Sender<bool>,
}

/// Holds up every `replace` while it is shut.
#[derive(Debug)]
pub(crate) struct Gate {
    shut: watch::Sender<bool>,
    waiting: Semaphore,
}

impl Gate {
    pub(crate) fn shut(&self) {
        self.shut.send_replace(true);
    }

    pub(crate) fn open(&self) {
        self.shut.send_replace(false);
    }

    /// Completes once so many operations stand in front of the gate.
    pub(crate) async fn queue_of(&self, operations: u32) {
        self.waiting
            .acquire_many(operations)
            .await
            .unwrap()
            .forget();
    }

    async fn pass(&self) {
        let mut shut = self.shut.subscribe();
        if *shut.borrow_and_update() {
            self.waiting.add_permits(1);
            shut.wait_for(|shut| !shut).await.unwrap();
        }
    }
}

impl TestStore {
    pub(crate) fn new() -> Self {
        Self {
            records: InMemorySessionStore::new(),
            gate: Arc::new(Gate {
                shut: watch::Sender::new(false),
                waiting: Semaphore::new(0),
            }),
            dead: watch::Sender::new(false),
        }
    }

    pub(crate) fn session_store(&self) -> SessionStore {
        SessionStore::new(self.clone())
    }

    pub(crate) fn gate(&self) -> &Gate {
        &self.gate
    }

    /// From now on all operations fail, or work again.
    pub(crate) fn set_dead(&self, dead: bool) {
        self.dead.send_replace(dead);
    }

    pub(crate) fn len(&self) -> usize {
        self.records.len()
    }

    fn records(&self) -> Result<&InMemorySessionStore, StoreError> {
        if *self.dead.borrow() {
            let cause = std::io::Error::other("no route to db-7.internal");
            return Err(StoreError::new(StoreErrorKind::Unavailable, cause));
        }
        Ok(&self.records)
    }
}

#[async_trait::async_trait]
#[deny(clippy::missing_trait_methods)]
impl SessionStorageBackend for TestStore {
    async fn create(&self, record: &Arc<SessionRecord>) -> Result<CreateOutcome, StoreError> {
        self.records()?.create(record).await
    }

    async fn load(&self, id: SessionId) -> Result<Option<Arc<SessionRecord>>, StoreError> {
        self.records()?.load(id).await
    }

    async fn replace(
        &self,
        record: &Arc<SessionRecord>,
        expected: Revision,
    ) -> Result<ReplaceOutcome, StoreError> {
        self.gate.pass().await;
        self.records()?.replace(record, expected).await
    }

    async fn touch(&self, id: SessionId, extension: Extension) -> Result<TouchOutcome, StoreError> {
        self.records()?.touch(id, extension).await
    }

    async fn delete(&self, id: SessionId) -> Result<(), StoreError> {
        self.records()?.delete(id).await
    }

    async fn delete_expired(
        &self,
        before: UtcDateTime,
        batch: NonZeroU32,
    ) -> Result<u64, StoreError> {
        self.records()?.delete_expired(before, batch).await
    }

    async fn sessions_of(&self, principal: &Principal) -> Result<Vec<SessionSummary>, StoreError> {
        self.records()?.sessions_of(principal).await
    }

    async fn delete_all_of(
        &self,
        principal: &Principal,
        except: Option<SessionId>,
    ) -> Result<u64, StoreError> {
        self.records()?.delete_all_of(principal, except).await
    }
}
