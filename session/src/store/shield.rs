use std::any::Any;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use tokio::runtime::Handle;
use tracing::Instrument;

use super::backend::SessionStorageBackend;
use super::errors::{StoreError, StoreErrorKind};
use super::session_store::{Backend, SessionStore};
use super::time_limit::within;
use crate::telemetry;

type Operation<T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send>>;

impl SessionStore {
    /// Runs one operation, and reports its failure.
    pub(super) async fn run<T, F, Fut>(
        &self,
        name: &'static str,
        operation: F,
    ) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(Arc<Backend<dyn SessionStorageBackend>>) -> Fut,
        Fut: Future<Output = Result<T, StoreError>> + Send + 'static,
    {
        let (outcome, elapsed) = self.attempt(name, operation).await;
        outcome.inspect_err(|error| telemetry::store_error(name, error, elapsed))
    }

    /// Runs one operation, bounded by the time limit and shielded from cancellation. Also returns
    /// the time that it spent waiting.
    pub(super) async fn attempt<T, F, Fut>(
        &self,
        name: &'static str,
        operation: F,
    ) -> (Result<T, StoreError>, Duration)
    where
        T: Send + 'static,
        F: FnOnce(Arc<Backend<dyn SessionStorageBackend>>) -> Fut,
        Fut: Future<Output = Result<T, StoreError>> + Send + 'static,
    {
        let Some(backend) = self.backend.clone() else {
            return (Err(StoreError::unsupported().during(name)), Duration::ZERO);
        };
        let (outcome, elapsed) =
            shielded(Box::pin(operation(backend)), self.operation_timeout).await;
        telemetry::store_operation(name, elapsed);
        (outcome.map_err(|error| error.during(name)), elapsed)
    }
}

/// Runs an operation to its end or to the limit. Also returns the time that it spent waiting.
///
/// The first poll needs no timer: it is enough for a store in memory.
async fn shielded<T: Send + 'static>(
    mut operation: Operation<T>,
    limit: Duration,
) -> (Result<T, StoreError>, Duration) {
    let first = poll_fn(|context| Poll::Ready(poll_caught(&mut operation, context))).await;
    if let Poll::Ready(outcome) = first {
        return (outcome, Duration::ZERO);
    }
    let begun = Instant::now();
    let bounded = async move {
        let outcome = within(limit, operation).await;
        outcome.unwrap_or_else(|| Err(StoreError::timeout()))
    };
    let outcome = Shielded(Some(Box::pin(bounded.in_current_span()))).await;
    (outcome, begun.elapsed())
}

/// An operation that moves to a task of its own if its caller is dropped. `None` after its end.
///
/// A task for each operation would cost more than the operation itself on a fast store.
struct Shielded<T: Send + 'static>(Option<Operation<T>>);

impl<T: Send + 'static> Future for Shielded<T> {
    type Output = Result<T, StoreError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(operation) = &mut self.0 else {
            return Poll::Pending;
        };
        let outcome = poll_caught(operation, context);
        if outcome.is_ready() {
            self.0 = None;
        }
        outcome
    }
}

impl<T: Send + 'static> Drop for Shielded<T> {
    fn drop(&mut self) {
        // Without a runtime, nothing can finish the operation.
        if let (Some(operation), Ok(runtime)) = (self.0.take(), Handle::try_current()) {
            runtime.spawn(operation);
        }
    }
}

/// Polls an operation. A panic of the store is an error of the operation.
fn poll_caught<T>(
    operation: &mut Operation<T>,
    context: &mut Context<'_>,
) -> Poll<Result<T, StoreError>> {
    // An operation that has panicked is dropped and not polled again.
    let polled = catch_unwind(AssertUnwindSafe(|| operation.as_mut().poll(context)));
    polled.unwrap_or_else(|panic| {
        let panic = Panicked(message(&*panic));
        Poll::Ready(Err(StoreError::new(StoreErrorKind::Other, panic)))
    })
}

#[derive(Debug, thiserror::Error)]
#[error("the store panicked: {0}")]
struct Panicked(String);

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("without a message").to_owned()
}
