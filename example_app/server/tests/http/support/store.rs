use std::sync::Arc;

use session::SessionStore;
use session::store::{SessionStorageBackend, StoreError, StoreErrorKind};
use session::testing::{Answer, Intercepted, Interceptor, Operation};
use session_memory::InMemorySessionStore;
use tokio::sync::{Semaphore, watch};

/// An in-memory store that can be made to fail, and to wait before each `replace`.
#[derive(Clone, Debug)]
pub(crate) struct TestStore {
    records: InMemorySessionStore,
    gate: Arc<Gate>,
    dead: watch::Sender<bool>,
}

/// A gate that makes every `replace` wait while it is shut.
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

    /// Completes once this number of operations waits at the gate.
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
        let records = Arc::new(self.records.clone());
        SessionStore::new(Intercepted::new(records, self.clone()))
    }

    pub(crate) fn gate(&self) -> &Gate {
        &self.gate
    }

    /// Makes all operations fail, or succeed again.
    pub(crate) fn set_dead(&self, dead: bool) {
        self.dead.send_replace(dead);
    }

    pub(crate) fn len(&self) -> usize {
        self.records.len()
    }
}

#[async_trait::async_trait]
impl Interceptor for TestStore {
    async fn intercept(
        &self,
        operation: Operation<'_>,
        store: &dyn SessionStorageBackend,
    ) -> Result<Answer, StoreError> {
        if let Operation::Replace(..) = operation {
            self.gate.pass().await;
        }
        if *self.dead.borrow() {
            let cause = std::io::Error::other("no route to db-7.internal");
            return Err(StoreError::new(StoreErrorKind::Unavailable, cause));
        }
        operation.run(store).await
    }
}
