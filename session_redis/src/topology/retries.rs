use std::time::{Duration, Instant};

/// The attempts at one command of a cluster.
pub(super) struct Retries {
    begun: Instant,
    patience: Duration,
    failed: u32,
}

/// The most attempts at a command. Slots that move cause one or two, and the death of a master as
/// many as there is time for.
const MAX_ATTEMPTS: u32 = 64;

/// The number of redirections that are followed without a pause: nodes that disagree redirect a
/// command to and fro.
const IMMEDIATE_REDIRECTIONS: u32 = 4;

const FIRST_PAUSE: Duration = Duration::from_millis(5);
const LONGEST_PAUSE: Duration = Duration::from_millis(100);

impl Retries {
    /// Begins attempts, none of which starts after `patience`.
    pub(super) fn new(patience: Duration) -> Self {
        Self {
            begun: Instant::now(),
            patience,
            failed: 0,
        }
    }

    /// Counts a failure, and returns `true` if there is to be another attempt.
    pub(super) fn are_left(&mut self) -> bool {
        self.failed += 1;
        self.failed < MAX_ATTEMPTS && self.begun.elapsed() <= self.patience
    }

    /// Waits before the next attempt, for longer after each failure.
    pub(super) async fn pause(&self, is_redirected: bool) {
        if is_redirected && self.failed <= IMMEDIATE_REDIRECTIONS {
            return;
        }
        let pause = FIRST_PAUSE.saturating_mul(1 << self.failed.min(16));
        tokio::time::sleep(pause.min(LONGEST_PAUSE)).await;
    }
}
