use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

/// The queue for operations that write, on a database that has few writers at a time.
pub(crate) struct WriteQueue(Semaphore);

/// The longest time in the queue. An operation of a worker that computes stays at the head, even if
/// its statement has ended. Without the queue, the lock of the database decides who writes next,
/// which is not fair.
const PATIENCE: Duration = Duration::from_millis(250);

impl WriteQueue {
    /// Returns a queue for this number of writers.
    pub(crate) fn of(writers: usize) -> Self {
        Self(Semaphore::new(writers))
    }

    /// Waits for those before the caller. Returns `None` if that takes too long, and the caller
    /// writes nevertheless.
    pub(crate) async fn permit(&self) -> Option<SemaphorePermit<'_>> {
        if let Ok(permit) = self.0.try_acquire() {
            return Some(permit);
        }
        let permit = timeout(PATIENCE, self.0.acquire()).await;
        // The semaphore is never closed.
        permit.ok()?.ok()
    }
}
