use std::num::NonZeroU32;
use std::sync::Arc;

use session::store::{DeletionStep, StoreError, WalkCursor, to_micros};
use time::UtcDateTime;

use super::keyspace::Keyspace;
use super::walk::Walk;
use crate::record::numbers::ordered;
use crate::scripts::DELETE_CREATED_UNTIL;

/// The records that were created before some time, found by a walk through all keys.
pub(crate) struct OldRecords {
    keyspace: Arc<Keyspace>,
}

impl OldRecords {
    pub(super) fn new(keyspace: Arc<Keyspace>) -> Self {
        Self { keyspace }
    }

    /// Deletes the records in the next part of the walk that were created up to this time.
    pub(crate) async fn delete(
        &self,
        until: UtcDateTime,
        batch: NonZeroU32,
        from: Option<&WalkCursor>,
    ) -> Result<DeletionStep, StoreError> {
        let time = ordered(to_micros(until));
        let mut walk = Walk::resume(&self.keyspace, batch, from).await?;
        let mut deleted = 0;
        while let Some(ids) = walk.next_ids().await? {
            let deletion = self
                .keyspace
                .delete_where(&DELETE_CREATED_UNTIL, &ids, &time);
            deleted += deletion.await?;
        }
        let next = walk.end_of_step().await?;
        Ok(DeletionStep { deleted, next })
    }
}
