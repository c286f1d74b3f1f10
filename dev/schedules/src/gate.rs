//! The points at which requests wait for the scheduler.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use session::store::{SessionStorageBackend, StoreError, StoreErrorKind};
use session::testing::{Answer, Interceptor, Operation};
use tokio::sync::oneshot;

/// The number of a request, in the order in which the requests were sent.
pub(crate) type Party = usize;

/// A point that a request reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Point {
    /// Before an operation on the store.
    Store(&'static str),
    /// Before the next step of the handler.
    Handler(&'static str),
}

/// The scheduler's decision about a request that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The request goes on.
    Go,
    /// The operation does not take place, and fails.
    Fail,
    /// The operation takes place, but its answer is lost.
    LoseAnswer,
}

struct Waiting {
    point: Point,
    go: oneshot::Sender<Verdict>,
}

/// All requests that wait.
#[derive(Clone, Default)]
pub(crate) struct Gate(Arc<Mutex<BTreeMap<Party, Waiting>>>);

impl std::fmt::Debug for Gate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_map().entries(self.waiting()).finish()
    }
}

impl Gate {
    /// Waits until the scheduler lets the request go on.
    pub(crate) async fn pass(&self, party: Party, point: Point) -> Verdict {
        let (go, went) = oneshot::channel();
        self.lock().insert(party, Waiting { point, go });
        // The scheduler drops a sender only at the end of a run.
        went.await.unwrap_or(Verdict::Fail)
    }

    /// Returns the requests that wait, in the order of their numbers.
    pub(crate) fn waiting(&self) -> Vec<(Party, Point)> {
        let waiting = self.lock();
        waiting.iter().map(|(n, it)| (*n, it.point)).collect()
    }

    /// Lets a request go on.
    pub(crate) fn release(&self, party: Party, verdict: Verdict) {
        if let Some(waiting) = self.lock().remove(&party) {
            // A request that was dropped in its handler does not wait any more.
            _ = waiting.go.send(verdict);
        }
    }

    /// Stops waiting for a request that was dropped. An operation on the store still takes place.
    pub(crate) fn forget_handler(&self, party: Party) {
        self.lock()
            .retain(|n, it| *n != party || matches!(it.point, Point::Store(_)));
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<Party, Waiting>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes one request wait before each of its operations on the store.
#[derive(Clone, Debug)]
pub(crate) struct Turnstile {
    pub(crate) party: Party,
    pub(crate) gate: Gate,
}

#[async_trait]
impl Interceptor for Turnstile {
    async fn intercept(
        &self,
        operation: Operation<'_>,
        store: &dyn SessionStorageBackend,
    ) -> Result<Answer, StoreError> {
        let point = Point::Store(operation.name());
        match self.gate.pass(self.party, point).await {
            Verdict::Go => operation.run(store).await,
            Verdict::Fail => Err(lost()),
            Verdict::LoseAnswer => {
                operation.run(store).await?;
                Err(lost())
            }
        }
    }
}

fn lost() -> StoreError {
    let cause = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
    StoreError::new(StoreErrorKind::Unavailable, cause)
}
