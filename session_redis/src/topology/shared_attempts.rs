use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use redis::{RedisError, RedisResult};
use tokio::sync::Mutex as AsyncMutex;

use super::failures::unexpected;

/// Attempts at something that all operations need, made one at a time.
///
/// A task of its own makes each attempt, and ends it even if the operation that began it is
/// dropped, as at its time limit. Otherwise each operation that waits would begin another one, only
/// to be dropped too.
///
/// The operations that wait during an attempt share its outcome. If each made one of its own, those
/// to a silent server would last for the limit of an attempt, one after the other.
#[derive(Default)]
pub(super) struct SharedAttempts {
    /// Locked by the task that makes an attempt.
    turn: Arc<AsyncMutex<()>>,
    last: Mutex<Last>,
}

/// The last attempt that has ended.
#[derive(Default)]
struct Last {
    /// The number of attempts that have ended.
    number: u64,
    failure: Option<RedisError>,
}

impl SharedAttempts {
    /// Makes an attempt. If others have made one meanwhile, takes what it has `made`, or its
    /// failure.
    pub(super) async fn join<T: Send + 'static>(
        self: &Arc<Self>,
        made: impl FnOnce() -> Option<T>,
        attempt: impl Future<Output = RedisResult<T>> + Send + 'static,
    ) -> RedisResult<T> {
        let begun_after = self.last().number;
        let turn = self.turn.clone().lock_owned().await;
        let failed = || self.failure_after(begun_after).map(Err);
        if let Some(outcome) = made().map(Ok).or_else(failed) {
            return outcome;
        }
        let attempts = self.clone();
        let attempt = tokio::spawn(async move {
            let _turn = turn;
            let outcome = attempt.await;
            attempts.note(outcome.as_ref().err());
            outcome
        });
        let outcome = attempt.await;
        outcome.unwrap_or_else(|_| Err(unexpected("an attempt without an end")))
    }

    /// Returns `true` during an attempt.
    pub(super) fn are_under_way(&self) -> bool {
        self.turn.try_lock().is_err()
    }

    /// Returns the failure of the last attempt, if it ended after the one with this number.
    fn failure_after(&self, number: u64) -> Option<RedisError> {
        let last = self.last();
        let failure = last.failure.as_ref().filter(|_| last.number > number);
        failure.cloned()
    }

    fn note(&self, failure: Option<&RedisError>) {
        let mut last = self.last();
        last.number += 1;
        last.failure = failure.cloned();
    }

    fn last(&self) -> MutexGuard<'_, Last> {
        // A holder of the lock only reads and assigns: nothing is half done after a panic.
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::super::failures::timed_out;
    use super::*;
    use futures_util::future::join_all;
    use futures_util::poll;

    #[derive(Default)]
    struct Failing {
        attempts: Arc<SharedAttempts>,
        made: Arc<AtomicU32>,
    }

    impl Failing {
        fn join(&self) -> impl Future<Output = RedisResult<()>> {
            let made = self.made.clone();
            let attempt = async move {
                made.fetch_add(1, Ordering::Relaxed);
                tokio::task::yield_now().await;
                Err(timed_out())
            };
            self.attempts.join(|| None, attempt)
        }

        fn made(&self) -> u32 {
            self.made.load(Ordering::Relaxed)
        }
    }

    #[tokio::test]
    async fn operations_that_wait_share_a_failure_and_later_ones_try_again() {
        let failing = Failing::default();
        for expected in [1, 2] {
            let all = (0..20).map(|_| failing.join());
            assert!(join_all(all).await.iter().all(Result::is_err));
            assert_eq!(failing.made(), expected);
        }
    }

    #[tokio::test]
    async fn an_attempt_outlives_the_operation_that_began_it() {
        let failing = Failing::default();
        let mut first = Box::pin(failing.join());
        assert!(poll!(&mut first).is_pending());
        let mut others = Box::pin(join_all((0..20).map(|_| failing.join())));
        assert!(poll!(&mut others).is_pending());
        drop(first);
        assert!(others.await.iter().all(Result::is_err));
        assert_eq!(failing.made(), 1);
    }
}
