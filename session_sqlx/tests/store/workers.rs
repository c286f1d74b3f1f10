//! Workers with a runtime each, as Pavex has them.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use session::store::SessionStorageBackend;
use session_conformance::RecordBuilder;
use tokio::runtime::{Builder, Runtime};
use tokio::time::timeout;

/// More than the connections of a store, and few enough for a second.
const OPERATIONS: u64 = 40;

/// Far more time than an operation requires.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) fn worker() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

/// The first worker computes in the middle of operations, for as long as the second one uses the
/// store: it has connections in use, and waits for others.
pub(crate) fn are_independent<S>(store: S)
where
    S: SessionStorageBackend + Clone + 'static,
{
    let (computes, starts_computing) = channel();
    let (finish, is_finished) = channel();
    let store_of_first = store.clone();
    let first = thread::spawn(move || {
        worker().block_on(async {
            let operations: Vec<_> = (0..OPERATIONS)
                .map(|n| tokio::spawn(operation(store_of_first.clone(), n)))
                .collect();
            let one_has_ended = async {
                while !operations.iter().any(|operation| operation.is_finished()) {
                    tokio::task::yield_now().await;
                }
            };
            let waited = timeout(PATIENCE, one_has_ended).await;
            waited.expect("the first worker needs no other runtime");
            compute(&computes, &is_finished);
            for operation in operations {
                operation.await.unwrap();
            }
        });
    });
    starts_computing.recv().unwrap();
    let second = thread::spawn(move || {
        worker().block_on(async {
            for n in OPERATIONS..OPERATIONS + 3 {
                let operation = timeout(PATIENCE, operation(store.clone(), n));
                operation.await.expect("nothing waits for the first worker");
            }
        });
    });
    let outcome = second.join();
    finish.send(()).unwrap();
    first.join().unwrap();
    outcome.unwrap();
}

async fn operation(store: impl SessionStorageBackend, n: u64) {
    let record = RecordBuilder::complete(n).build();
    _ = store.create(&record).await.unwrap();
    assert_eq!(store.load(record.id).await.unwrap(), Some(record.clone()));
    assert!(store.delete(record.id, None).await.unwrap());
}

/// Occupies the thread, so that no task of its runtime runs.
fn compute(computes: &Sender<()>, is_finished: &Receiver<()>) {
    computes.send(()).unwrap();
    is_finished.recv().unwrap();
}
