use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use session::store::{StoreError, to_micros};
use time::UtcDateTime;

use super::keyspace::Keyspace;
use super::principal_locks::PrincipalLocks;
use super::search;
use crate::record::numbers::{expiry, ordered};
use crate::scripts::DELETE_EXPIRED;

/// The records that have expired, which Redis deletes by itself.
pub(crate) struct ExpiredRecords {
    keyspace: Arc<Keyspace>,
    locks: Arc<PrincipalLocks>,
}

/// The lead of the application's clock up to which all records need not be searched.
const LONGEST_WAIT: Duration = Duration::from_secs(1);

impl ExpiredRecords {
    pub(super) fn new(keyspace: Arc<Keyspace>, locks: Arc<PrincipalLocks>) -> Self {
        Self { keyspace, locks }
    }

    /// Deletes the records with a deadline up to this time that Redis has not deleted yet. Returns
    /// their number.
    pub(crate) async fn delete(
        &self,
        before: UtcDateTime,
        batch: NonZeroU32,
    ) -> Result<u64, StoreError> {
        let wait = self.until_redis_has_deleted(before).await?;
        if wait <= LONGEST_WAIT {
            tokio::time::sleep(wait).await;
            return Ok(0);
        }
        let ids = search::earliest_deadlines(&self.keyspace, before, batch).await?;
        let permits = self.locks.write_all().await;
        let keyspace = self.keyspace.clone();
        let deletion = async move {
            let time = ordered(to_micros(before));
            keyspace.delete_where(&DELETE_EXPIRED, &ids, &time).await
        };
        self.keyspace.run_detached(permits, deletion).await
    }

    /// Returns the time until all servers have deleted the records with a deadline up to this time.
    async fn until_redis_has_deleted(&self, before: UtcDateTime) -> Result<Duration, StoreError> {
        let times = self.keyspace.server_times().await?;
        let slowest = times
            .into_iter()
            .min()
            .map_or(i64::MIN, |micros| micros / 1_000);
        // A key is there until the millisecond of its expiry is over.
        let missing = expiry(before).saturating_add(1).saturating_sub(slowest);
        Ok(Duration::from_millis(u64::try_from(missing).unwrap_or(0)))
    }
}
