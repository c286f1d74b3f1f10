use std::sync::Arc;
use std::time::Duration;

use session::store::{SessionRecord, SessionStorageBackend, StoreError};
use session::testing::{Answer, Intercepted, Interceptor, Operation};
use session_memory::InMemorySessionStore;
use tokio::sync::Mutex;

/// The answer to an operation, or an error.
pub type Outcome = Result<Answer, StoreError>;

/// The backend that a fault passes operations on to.
pub type Store = dyn SessionStorageBackend;

/// The deviation of a broken store from a correct one.
pub trait Fault: Interceptor + Default {
    /// True if other operations may run in the middle of one. Otherwise operations exclude each
    /// other, so that the deviation is the only fault.
    const INTERLEAVED: bool = false;
}

/// Defines a fault: `Name, |store| pattern => answer` answers the operations that match the
/// pattern, and passes all others on to `store`.
macro_rules! fault {
    (interleaved $name:ident, |$store:ident| $($arms:tt)*) => {
        $crate::fault::fault!(@interceptor $name, $store, $($arms)*);

        impl $crate::fault::Fault for $name {
            const INTERLEAVED: bool = true;
        }
    };
    (@interceptor $name:ident, $store:ident, $pattern:pat => $answer:expr $(,)?) => {
        #[derive(Debug, Default)]
        pub struct $name;

        #[async_trait::async_trait]
        impl session::testing::Interceptor for $name {
            async fn intercept(
                &self,
                operation: session::testing::Operation<'_>,
                $store: &$crate::fault::Store,
            ) -> $crate::fault::Outcome {
                match operation {
                    $pattern => $answer,
                    other => other.run($store).await,
                }
            }
        }
    };
    ($name:ident, |$store:ident| $($arms:tt)*) => {
        $crate::fault::fault!(@interceptor $name, $store, $($arms)*);

        impl $crate::fault::Fault for $name {}
    };
}
pub(crate) use fault;

/// Creates an in-memory store with a fault.
pub fn broken<F: Fault>() -> Intercepted<Broken<F>> {
    Intercepted::new(Arc::new(InMemorySessionStore::new()), Broken::default())
}

/// Runs the operations of a fault, one at a time unless it is interleaved.
#[derive(Debug, Default)]
pub struct Broken<F> {
    fault: F,
    lock: Mutex<()>,
}

#[async_trait::async_trait]
impl<F: Fault> Interceptor for Broken<F> {
    async fn intercept(&self, operation: Operation<'_>, store: &Store) -> Outcome {
        let _guard = match F::INTERLEAVED {
            true => None,
            false => Some(self.lock.lock().await),
        };
        self.fault.intercept(operation, store).await
    }
}

/// Returns a changed copy of a record.
pub fn changed(
    record: &SessionRecord,
    change: impl FnOnce(&mut SessionRecord),
) -> Arc<SessionRecord> {
    let mut record = record.clone();
    change(&mut record);
    Arc::new(record)
}

/// Stores a record, whatever is stored under its id.
pub async fn overwrite(store: &Store, record: &Arc<SessionRecord>) -> Result<(), StoreError> {
    store.delete(record.id, None).await?;
    store.create(record).await.map(|_| ())
}

/// Lets other tasks come to the same point, so that the race of a fault takes place.
///
/// A yield is not enough. On a busy machine, the thread of one task may do all of its operations
/// before the threads of the others run.
pub async fn yield_to_others() {
    tokio::time::sleep(Duration::from_millis(1)).await;
}
