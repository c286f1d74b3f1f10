use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};

use tracing::Instrument;

use super::backend::SessionStorageBackend;
use super::errors::{StoreError, StoreErrorKind};
use super::session_store::SessionStore;
use crate::telemetry;

type Operation<T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send>>;

impl SessionStore {
    /// Runs one operation, bounded by the time limit and shielded from cancellation.
    pub(super) async fn run<T, F, Fut>(
        &self,
        name: &'static str,
        operation: F,
    ) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(Arc<dyn SessionStorageBackend>) -> Fut,
        Fut: Future<Output = Result<T, StoreError>> + Send + 'static,
    {
        let Some(backend) = self.backend.clone() else {
            return Err(StoreError::unsupported().during(name));
        };
        let (outcome, elapsed) =
            shielded(Box::pin(operation(backend)), self.operation_timeout).await;
        telemetry::store_operation(name, elapsed);
        outcome.map_err(|error| {
            let error = error.during(name);
            telemetry::store_error(name, &error, elapsed);
            error
        })
    }
}

/// Runs an operation to its end or to the limit. Also returns the time that it spent waiting.
///
/// The first poll takes place here, which is enough for a store in memory. An operation that has to
/// wait moves to a task of its own, so that it goes on when this future is dropped.
async fn shielded<T: Send + 'static>(
    mut operation: Operation<T>,
    limit: Duration,
) -> (Result<T, StoreError>, Duration) {
    let first = poll_fn(|cx| Poll::Ready(operation.as_mut().poll(cx))).await;
    if let Poll::Ready(outcome) = first {
        return (outcome, Duration::ZERO);
    }
    let begun = Instant::now();
    let bounded = async move {
        let outcome = tokio::time::timeout(limit, operation).await;
        outcome.unwrap_or_else(|_elapsed| Err(StoreError::timeout()))
    };
    let outcome = match tokio::spawn(bounded.in_current_span()).await {
        Ok(outcome) => outcome,
        Err(panicked) => Err(StoreError::new(StoreErrorKind::Other, panicked)),
    };
    (outcome, begun.elapsed())
}
