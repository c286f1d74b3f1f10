use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};

use session::store::{
    CreateOutcome, Extension, ReplaceOutcome, Revision, SessionRecord, SessionStorageBackend,
    SessionSummary, StoreError, TouchOutcome,
};
use session::{Principal, SessionId};
use time::UtcDateTime;

use crate::StoreUnderTest;

/// Passes everything on to the store under test, and notes which operations there were and how they
/// came out.
#[derive(Clone, Debug)]
pub(crate) struct Spy {
    store: Arc<dyn SessionStorageBackend>,
    log: Arc<Mutex<Vec<&'static str>>>,
    /// How many turns other tasks have before each operation.
    delay: u32,
}

impl Spy {
    pub(crate) fn new(store: &StoreUnderTest) -> Self {
        Self {
            store: store.backend(),
            log: Arc::default(),
            delay: 0,
        }
    }

    /// Gives other tasks so many turns before each operation, as a distant store does.
    pub(crate) fn delayed(self, turns: u32) -> Self {
        Self {
            delay: turns,
            ..self
        }
    }

    async fn wait(&self) {
        for _ in 0..self.delay {
            tokio::task::yield_now().await;
        }
    }

    /// What was noted since the last call.
    pub(crate) fn take_log(&self) -> Vec<&'static str> {
        std::mem::take(&mut *self.log.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn note(&self, entry: &'static str) {
        self.log
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(entry);
    }
}

#[async_trait::async_trait]
#[deny(clippy::missing_trait_methods)]
impl SessionStorageBackend for Spy {
    async fn create(&self, record: &Arc<SessionRecord>) -> Result<CreateOutcome, StoreError> {
        self.wait().await;
        let outcome = self.store.create(record).await;
        self.note(match outcome {
            Ok(CreateOutcome::Created) => "create",
            Ok(CreateOutcome::DuplicateId) => "create: duplicate",
            Err(_) => "create: error",
        });
        outcome
    }

    async fn load(&self, id: SessionId) -> Result<Option<Arc<SessionRecord>>, StoreError> {
        self.wait().await;
        let outcome = self.store.load(id).await;
        self.note(match outcome {
            Ok(Some(_)) => "load",
            Ok(None) => "load: none",
            Err(_) => "load: error",
        });
        outcome
    }

    async fn replace(
        &self,
        record: &Arc<SessionRecord>,
        expected: Revision,
    ) -> Result<ReplaceOutcome, StoreError> {
        self.wait().await;
        let outcome = self.store.replace(record, expected).await;
        self.note(match outcome {
            Ok(ReplaceOutcome::Replaced) => "replace",
            Ok(ReplaceOutcome::Conflict) => "replace: conflict",
            Ok(ReplaceOutcome::Gone) => "replace: gone",
            Err(_) => "replace: error",
        });
        outcome
    }

    async fn touch(&self, id: SessionId, extension: Extension) -> Result<TouchOutcome, StoreError> {
        self.wait().await;
        let outcome = self.store.touch(id, extension).await;
        self.note(match outcome {
            Ok(TouchOutcome::Touched) => "touch",
            Ok(TouchOutcome::Gone) => "touch: gone",
            Err(_) => "touch: error",
        });
        outcome
    }

    async fn delete(&self, id: SessionId) -> Result<(), StoreError> {
        self.note("delete");
        self.store.delete(id).await
    }

    async fn delete_expired(
        &self,
        before: UtcDateTime,
        batch: NonZeroU32,
    ) -> Result<u64, StoreError> {
        self.note("delete_expired");
        self.store.delete_expired(before, batch).await
    }

    async fn sessions_of(&self, principal: &Principal) -> Result<Vec<SessionSummary>, StoreError> {
        self.note("sessions_of");
        self.store.sessions_of(principal).await
    }

    async fn delete_all_of(
        &self,
        principal: &Principal,
        except: Option<SessionId>,
    ) -> Result<u64, StoreError> {
        self.note("delete_all_of");
        self.store.delete_all_of(principal, except).await
    }
}
