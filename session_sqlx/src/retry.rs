use std::time::Duration;

use session::store::{StoreError, retry_pause};

use crate::engine::{Engine, Fault};
use crate::errors::{fault, store_error};

/// The number of failed attempts at one operation.
///
/// A statement that writes is run again only if the database rolled it back because of others. Each
/// operation has one such statement, so that it had no effect then.
#[derive(Debug)]
pub(crate) struct Attempts {
    failed: u32,
    most: u32,
}

const FIRST_PAUSE: Duration = Duration::from_millis(8);
const LONGEST_PAUSE: Duration = Duration::from_millis(100);

impl Default for Attempts {
    fn default() -> Self {
        Self {
            failed: 0,
            most: 10,
        }
    }
}

impl Attempts {
    /// Returns attempts for a statement that many others may cause to be rolled back, since it
    /// changes many records. They last for about three seconds.
    pub(crate) fn many() -> Self {
        Self {
            failed: 0,
            most: 60,
        }
    }

    /// Waits before the next attempt, or returns the error if there is to be none.
    pub(crate) async fn wait_or_fail<DB: Engine>(
        &mut self,
        error: sqlx::Error,
    ) -> Result<(), StoreError> {
        let is_transient = fault::<DB>(&error) == Fault::Transient;
        self.wait_if::<DB>(is_transient, error).await
    }

    /// The same for an operation that only reads. It is run again, too, if its connection was lost,
    /// as after a restart of the server, or is of no use.
    pub(crate) async fn wait_or_fail_to_read<DB: Engine>(
        &mut self,
        error: sqlx::Error,
    ) -> Result<(), StoreError> {
        let may_succeed = !matches!(fault::<DB>(&error), Fault::Lasting(_));
        self.wait_if::<DB>(may_succeed, error).await
    }

    /// The same for a caller that decides whether another attempt may succeed.
    pub(crate) async fn wait_if<DB: Engine>(
        &mut self,
        may_succeed: bool,
        error: sqlx::Error,
    ) -> Result<(), StoreError> {
        self.failed += 1;
        if !may_succeed || self.failed >= self.most {
            return Err(store_error::<DB>(error));
        }
        tokio::time::sleep(retry_pause(self.failed, FIRST_PAUSE, LONGEST_PAUSE)).await;
        Ok(())
    }
}
