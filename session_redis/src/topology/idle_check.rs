use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use redis::aio::ConnectionLike;
use redis::{RedisResult, cmd};

/// Tests a connection before it is used after a pause.
///
/// Servers, balancers and firewalls close connections that nobody uses, and a client learns of it
/// from the next command that fails. A `PING` may fail: it has no effect, other than a write,
/// which must not be sent again unless it certainly had none.
pub(super) struct IdleCheck {
    last_answer: Mutex<Instant>,
}

/// The time without an answer after which a connection is tested.
const PAUSE: Duration = Duration::from_secs(1);

impl IdleCheck {
    /// A check of a connection that has just been made.
    pub(super) fn new() -> Self {
        Self {
            last_answer: Mutex::new(Instant::now()),
        }
    }

    /// Records that the connection works.
    pub(super) fn answered(&self) {
        *self.last_answer() = Instant::now();
    }

    /// Returns `true` if the connection was idle.
    pub(super) fn is_due(&self) -> bool {
        self.last_answer().elapsed() >= PAUSE
    }

    /// Tests the connection.
    ///
    /// # Errors
    ///
    /// Returns the error of the connection if it does not work any more.
    pub(super) async fn test(&self, connection: &mut impl ConnectionLike) -> RedisResult<()> {
        connection.req_packed_command(&cmd("PING")).await?;
        self.answered();
        Ok(())
    }

    fn last_answer(&self) -> MutexGuard<'_, Instant> {
        // Nothing can panic while the lock is held.
        self.last_answer
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
