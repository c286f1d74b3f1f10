use std::sync::{Mutex, MutexGuard, PoisonError};

use redis::{RedisError, RedisResult};
use tokio::sync::Mutex as AsyncMutex;

/// Attempts at something that all operations need, made one at a time.
///
/// The operations that wait during an attempt share its outcome. If each made one of its own, those
/// to a silent server would last for the limit of an attempt, one after the other.
#[derive(Default)]
pub(super) struct SharedAttempts {
    /// Locked by the operation that makes an attempt.
    turn: AsyncMutex<()>,
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
    pub(super) async fn join<T, A: Future<Output = RedisResult<T>>>(
        &self,
        made: impl FnOnce() -> Option<T>,
        attempt: impl FnOnce() -> A,
    ) -> RedisResult<T> {
        let begun_after = self.last().number;
        let _turn = self.turn.lock().await;
        let failed = || self.failure_after(begun_after).map(Err);
        if let Some(outcome) = made().map(Ok).or_else(failed) {
            return outcome;
        }
        let outcome = attempt().await;
        self.note(outcome.as_ref().err());
        outcome
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
    use std::cell::Cell;

    use super::super::failures::timed_out;
    use super::*;
    use futures_util::future::join_all;

    #[tokio::test]
    async fn operations_that_wait_share_a_failure_and_later_ones_try_again() {
        let (attempts, made) = (SharedAttempts::default(), Cell::new(0));
        let fail = async || {
            made.set(made.get() + 1);
            tokio::task::yield_now().await;
            RedisResult::<()>::Err(timed_out())
        };
        for expected in [1, 2] {
            let all = (0..20).map(|_| attempts.join(|| None, &fail));
            assert!(join_all(all).await.iter().all(Result::is_err));
            assert_eq!(made.get(), expected);
        }
    }
}
