//! The points at which requests wait for the scheduler.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use session::store::{SessionStorageBackend, StoreError, StoreErrorKind};
use session::testing::{Answer, Interceptor, Operation};
use tokio::sync::{Notify, oneshot};

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

/// All requests: those that wait for the scheduler, and those that run.
#[derive(Clone, Default)]
pub(crate) struct Gate(Arc<Shared>);

#[derive(Default)]
struct Shared {
    parties: Mutex<Parties>,
    /// Wakes the scheduler when a request stops running.
    stopped: Notify,
}

#[derive(Default)]
struct Parties {
    waiting: BTreeMap<Party, Waiting>,
    running: BTreeSet<Party>,
    /// The requests that were dropped. Only an operation on the store may be left of them.
    dropped: BTreeSet<Party>,
}

impl std::fmt::Debug for Gate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_map().entries(self.waiting()).finish()
    }
}

/// Counts a request as running until it ends.
pub(crate) struct Running(Gate, Party);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.stop(self.1);
    }
}

impl Gate {
    /// Notes that a request begins.
    pub(crate) fn begin(&self, party: Party) -> Running {
        self.lock().running.insert(party);
        Running(self.clone(), party)
    }

    /// Waits until the scheduler lets the request go on.
    pub(crate) async fn pass(&self, party: Party, point: Point) -> Verdict {
        let (go, went) = oneshot::channel();
        self.lock().waiting.insert(party, Waiting { point, go });
        self.stop(party);
        // The scheduler drops a sender only at the end of a run.
        went.await.unwrap_or(Verdict::Fail)
    }

    /// Returns the requests that wait, in the order of their numbers.
    pub(crate) fn waiting(&self) -> Vec<(Party, Point)> {
        let parties = self.lock();
        let waiting = parties.waiting.iter();
        waiting.map(|(n, it)| (*n, it.point)).collect()
    }

    /// Lets a request go on.
    pub(crate) fn release(&self, party: Party, verdict: Verdict) {
        let mut parties = self.lock();
        if let Some(waiting) = parties.waiting.remove(&party) {
            parties.running.insert(party);
            // A request that was dropped in its handler does not wait any more.
            _ = waiting.go.send(verdict);
        }
    }

    /// Stops waiting for a request that was dropped. An operation on the store still takes place.
    pub(crate) fn forget_handler(&self, party: Party) {
        let mut parties = self.lock();
        parties.dropped.insert(party);
        parties
            .waiting
            .retain(|n, it| *n != party || matches!(it.point, Point::Store(_)));
    }

    /// Waits until no request runs.
    pub(crate) async fn settle(&self) {
        while !self.lock().running.is_empty() {
            // A permit is left for it if the last request has stopped meanwhile.
            self.0.stopped.notified().await;
        }
    }

    /// Notes that an operation on the store has ended.
    fn end_operation(&self, party: Party) {
        if self.lock().dropped.contains(&party) {
            self.stop(party);
        }
    }

    fn stop(&self, party: Party) {
        self.lock().running.remove(&party);
        self.0.stopped.notify_one();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Parties> {
        self.0
            .parties
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
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
        let answer = match self.gate.pass(self.party, point).await {
            Verdict::Go => operation.run(store).await,
            Verdict::Fail => Err(lost()),
            Verdict::LoseAnswer => operation.run(store).await.and_then(|_| Err(lost())),
        };
        self.gate.end_operation(self.party);
        answer
    }
}

fn lost() -> StoreError {
    let cause = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
    StoreError::new(StoreErrorKind::Unavailable, cause)
}
