use std::future::Future;
use std::num::NonZeroU32;
use std::pin::pin;
use std::time::Duration;

use super::errors::StoreError;
use super::session_store::SessionStore;
use crate::clock::Clock;
use crate::{random, telemetry};

/// Deletes expired records in the background.
///
/// An expired record is already dead to every request; the sweeper frees its space. Several
/// sweepers may work on one store, such as one per server: each record is deleted once.
///
/// # Example
///
/// ```
/// # use session_kit as session;
/// use session::store::Sweeper;
/// use std::time::Duration;
///
/// # async fn example(store: session::SessionStore, shutdown: tokio::sync::oneshot::Receiver<()>) {
/// let sweeper = Sweeper::new(store).every(Duration::from_secs(60));
/// let task = tokio::spawn(sweeper.run(async { _ = shutdown.await }));
/// // … serve requests; once the shutdown signal was given:
/// let report = task.await.expect("the sweeper does not panic");
/// println!("deleted {} expired sessions", report.deleted);
/// # }
/// ```
#[derive(Debug, Clone)]
#[must_use = "a sweeper deletes nothing until `run` or `sweep` is awaited"]
pub struct Sweeper {
    store: SessionStore,
    clock: Clock,
    interval: Duration,
    batch: NonZeroU32,
}

/// The work of a sweeper until it was shut down.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SweepReport {
    /// The number of records that were deleted.
    pub deleted: u64,
    /// The number of sweeps that succeeded.
    pub sweeps: u64,
    /// The number of sweeps that ended in a store error.
    pub failures: u64,
}

impl SweepReport {
    fn add(&mut self, outcome: &Result<u64, StoreError>) {
        match outcome {
            Ok(deleted) => {
                self.deleted += deleted;
                self.sweeps += 1;
            }
            Err(_) => self.failures += 1,
        }
    }
}

const DEFAULT_INTERVAL: Duration = Duration::from_secs(5 * 60);
const DEFAULT_BATCH: NonZeroU32 = NonZeroU32::new(1_000).expect("it is not zero");
/// The first sweep comes soon, or a server that is started again and again would never sweep. It
/// comes at a random time, so that servers that start together spread out.
const FIRST_SWEEP_WITHIN: Duration = Duration::from_secs(30);
const FIRST_PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(1);
const MAX_PAUSE: Duration = Duration::from_secs(365 * 24 * 60 * 60);

impl Sweeper {
    /// Creates a sweeper that wakes up every five minutes and deletes in batches of 1,000.
    pub fn new(store: SessionStore) -> Self {
        Self {
            store,
            clock: Clock::system(),
            interval: DEFAULT_INTERVAL,
            batch: DEFAULT_BATCH,
        }
    }

    /// Sets the time between two sweeps.
    ///
    /// Each pause is up to a tenth shorter or longer, so that several servers spread out.
    pub fn every(mut self, interval: Duration) -> Self {
        self.interval = interval;
        self
    }

    /// Sets the largest number of records that one store operation deletes.
    pub fn in_batches_of(mut self, batch: NonZeroU32) -> Self {
        self.batch = batch;
        self
    }

    /// Reads the time from `clock` instead of the operating system.
    pub fn with_clock(mut self, clock: impl Into<Clock>) -> Self {
        self.clock = clock.into();
        self
    }

    /// Deletes all records that are expired now, batch by batch. Returns their number.
    ///
    /// # Errors
    ///
    /// Returns the [`StoreError`] of the first operation that fails. Earlier batches stay deleted.
    pub async fn sweep(&self) -> Result<u64, StoreError> {
        let now = self.clock.now();
        let mut deleted = 0;
        loop {
            let batch = self.store.delete_expired(now, self.batch).await?;
            deleted += batch;
            if batch < u64::from(self.batch.get()) {
                telemetry::swept(deleted);
                return Ok(deleted);
            }
            // A store in memory never waits: let other tasks run between two batches.
            tokio::task::yield_now().await;
        }
    }

    /// Sweeps at the interval until `shutdown` completes.
    ///
    /// The first sweep begins within 30 seconds, or within the interval if that is shorter. A
    /// failed sweep is tried again after one second, then after two, four and so on, up to the
    /// interval.
    pub async fn run(self, shutdown: impl Future<Output = ()>) -> SweepReport {
        let mut shutdown = pin!(shutdown);
        let mut report = SweepReport::default();
        let mut consecutive_failures = 0;
        let mut pause = self.interval.min(FIRST_SWEEP_WITHIN);
        pause = pause.mul_f64(random::fraction());
        loop {
            let outcome = tokio::select! {
                biased;
                () = &mut shutdown => return report,
                outcome = self.sweep_after(pause) => outcome,
            };
            consecutive_failures = match outcome {
                Ok(_) => 0,
                Err(_) => consecutive_failures + 1,
            };
            pause = self.pause(consecutive_failures);
            report.add(&outcome);
        }
    }

    async fn sweep_after(&self, pause: Duration) -> Result<u64, StoreError> {
        tokio::time::sleep(pause).await;
        let outcome = self.sweep().await;
        outcome.inspect_err(|error| telemetry::sweep_failed(error))
    }

    fn pause(&self, consecutive_failures: u32) -> Duration {
        let pause = match consecutive_failures {
            0 => self.interval,
            n => random::doubled(n, FIRST_PAUSE_AFTER_FAILURE, self.interval),
        };
        pause.min(MAX_PAUSE).mul_f64(0.9 + 0.2 * random::fraction())
    }
}
