use std::time::Duration;

use session::store::StoreError;

use crate::dialect::{Dialect, Fault};
use crate::errors::{fault, store_error};

/// Attempts at one operation: how often it was already tried.
///
/// Only what the database rolled back because of others is tried again. Each operation is one
/// statement, so that it did nothing then.
#[derive(Debug, Default)]
pub(crate) struct Attempts(u32);

const MAX_ATTEMPTS: u32 = 10;
const FIRST_PAUSE: Duration = Duration::from_millis(4);
const LONGEST_PAUSE: Duration = Duration::from_millis(100);

impl Attempts {
    /// Returns after a pause if there is to be another attempt.
    pub(crate) async fn again<D: Dialect>(&mut self, error: sqlx::Error) -> Result<(), StoreError> {
        let transient = fault::<D>(&error) == Fault::Transient;
        self.again_if::<D>(transient, error).await
    }

    /// The same, where the caller knows whether another attempt may succeed.
    pub(crate) async fn again_if<D: Dialect>(
        &mut self,
        transient: bool,
        error: sqlx::Error,
    ) -> Result<(), StoreError> {
        self.0 += 1;
        if !transient || self.0 >= MAX_ATTEMPTS {
            return Err(store_error::<D>(error));
        }
        tokio::time::sleep(self.pause()).await;
        Ok(())
    }

    /// Up to twice as long each time, and of a random length, so that rivals do not meet again.
    fn pause(&self) -> Duration {
        let longest = FIRST_PAUSE.saturating_mul(1 << self.0.min(16));
        // Without a random number, everybody waits for the same time: slower, but correct.
        let random = f64::from(getrandom::u32().unwrap_or(u32::MAX / 2));
        longest
            .min(LONGEST_PAUSE)
            .mul_f64(random / f64::from(u32::MAX))
    }
}
