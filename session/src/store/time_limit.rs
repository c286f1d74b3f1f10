use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use tokio::time::timeout;

/// The number of parts of a time limit.
const PARTS: u32 = 10;

/// Waits for the output of a future, and returns `None` if it takes longer than the limit.
///
/// [`SessionStore`](crate::SessionStore) limits each operation so. A backend may use it for the
/// parts of an operation.
///
/// The time for which the runtime is busy does not count. A task that computes for seconds delays
/// all others on its thread, so that an answer may have come unread. The limit is therefore split
/// into ten parts, and such a pause counts as one of them.
///
/// # Panics
///
/// Panics outside a `tokio` runtime with a timer.
///
/// # Example
///
/// ```
/// # use session_kit as session;
/// use std::time::Duration;
/// use session::store::within;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let limit = Duration::from_millis(50);
/// assert_eq!(within(limit, async { 1 }).await, Some(1));
/// assert_eq!(within(limit, std::future::pending::<u32>()).await, None);
/// # }
/// ```
pub async fn within<F: Future>(limit: Duration, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    for _ in 0..PARTS {
        if let Ok(output) = timeout(limit / PARTS, &mut future).await {
            return Some(output);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};
    use std::thread;
    use std::time::Instant;

    use tokio::sync::oneshot;

    use super::*;

    const LIMIT: Duration = Duration::from_millis(500);

    #[tokio::test(start_paused = true)]
    async fn a_future_that_is_ready_is_not_limited() {
        assert_eq!(within(Duration::ZERO, ready(1)).await, Some(1));
    }

    #[tokio::test(start_paused = true)]
    async fn a_future_is_given_up_after_the_limit() {
        let begun = tokio::time::Instant::now();
        assert_eq!(within(LIMIT, pending::<()>()).await, None);
        let granularity = Duration::from_millis(u64::from(PARTS));
        assert!((LIMIT..=LIMIT + granularity).contains(&begun.elapsed()));
    }

    /// The answer comes from a task that cannot run while another one computes.
    #[tokio::test]
    async fn the_time_for_which_the_runtime_is_busy_does_not_count() {
        let (sender, receiver) = oneshot::channel();
        let waiting = tokio::spawn(within(LIMIT, receiver));
        tokio::spawn(async {
            let begun = Instant::now();
            while begun.elapsed() < LIMIT * 2 {
                thread::yield_now();
            }
        });
        tokio::spawn(async {
            tokio::time::sleep(LIMIT / PARTS).await;
            sender.send(2)
        });
        assert_eq!(waiting.await.unwrap(), Some(Ok(2)));
    }
}
