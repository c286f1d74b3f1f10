use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use proptest::prelude::*;
use session::SessionStore;
use session::store::{SessionStorageBackend, StoreError, StoreErrorKind};
use session::testing::{Answer, Intercepted, Interceptor, Operation};
use session_memory::InMemorySessionStore;

/// The failure of one operation of the store.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fault {
    /// The number of operations that succeed before it.
    pub(super) after: usize,
    /// True if the operation takes effect, and only its answer is lost.
    pub(super) takes_effect: bool,
}

pub(super) fn any_fault() -> impl Strategy<Value = Fault> {
    (0..4_usize, any::<bool>()).prop_map(|(after, takes_effect)| Fault {
        after,
        takes_effect,
    })
}

/// A store in memory, one operation of which can be made to fail.
#[derive(Clone, Debug, Default)]
pub(super) struct FaultyStore {
    pub(super) memory: InMemorySessionStore,
    next: Arc<Mutex<Option<Fault>>>,
}

impl FaultyStore {
    pub(super) fn arm(&self, fault: Option<Fault>) {
        *self.next.lock().unwrap() = fault;
    }

    /// Disarms the store. Returns `true` if an operation has failed since it was armed.
    pub(super) fn disarm(&self) -> bool {
        self.next.lock().unwrap().take().is_none()
    }

    /// Returns the fault of the operation that is about to run.
    fn due(&self) -> Option<Fault> {
        let mut next = self.next.lock().unwrap();
        match &mut *next {
            Some(Fault { after: 0, .. }) => next.take(),
            Some(fault) => {
                fault.after -= 1;
                None
            }
            None => None,
        }
    }
}

#[async_trait]
impl Interceptor for FaultyStore {
    async fn intercept(
        &self,
        operation: Operation<'_>,
        store: &dyn SessionStorageBackend,
    ) -> Result<Answer, StoreError> {
        let Some(fault) = self.due() else {
            return operation.run(store).await;
        };
        if fault.takes_effect {
            operation.run(store).await?;
        }
        let cause = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
        Err(StoreError::new(StoreErrorKind::Unavailable, cause))
    }
}

impl From<FaultyStore> for SessionStore {
    fn from(faulty: FaultyStore) -> Self {
        let memory = Arc::new(faulty.memory.clone());
        SessionStore::new(Intercepted::new(memory, faulty))
    }
}
