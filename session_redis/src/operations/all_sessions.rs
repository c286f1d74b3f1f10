use std::num::NonZeroU32;
use std::sync::Arc;

use session::SessionId;
use session::store::{SessionsStep, StoreError, WalkCursor};

use super::keyspace::Keyspace;
use super::walk::Walk;
use crate::record::decode;

/// The sessions of all records, found by a walk through all keys.
pub(crate) struct AllSessions {
    keyspace: Arc<Keyspace>,
}

impl AllSessions {
    pub(super) fn new(keyspace: Arc<Keyspace>) -> Self {
        Self { keyspace }
    }

    /// Returns the sessions in the next part of the walk.
    pub(crate) async fn list(
        &self,
        batch: NonZeroU32,
        from: Option<&WalkCursor>,
    ) -> Result<SessionsStep, StoreError> {
        let mut walk = Walk::resume(&self.keyspace, batch, from).await?;
        let mut step = SessionsStep::default();
        while let Some(ids) = walk.next_ids().await? {
            let ids: Vec<_> = ids.into_iter().collect();
            let values = self.keyspace.summaries(&ids).await?;
            for (id, value) in ids.into_iter().zip(values) {
                add(&mut step, id, &value);
            }
        }
        step.next = walk.end_of_step().await?;
        Ok(step)
    }
}

/// Adds a session by the beginning of its value, which is empty if there is no such record.
fn add(step: &mut SessionsStep, id: SessionId, value: &[u8]) {
    if value.is_empty() {
        return;
    }
    match decode::summary_of_this_version(id, value) {
        Ok(summary) => step.sessions.push(summary),
        Err(_) => step.unreadable.push(id),
    }
}
