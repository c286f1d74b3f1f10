//! The deletion of all sessions, divided into small steps.

use std::num::NonZeroU32;

use async_trait::async_trait;
use session::store::{
    DeletionStep, SessionStorageBackend, StoreError, WalkCursor, from_micros, to_micros,
};
use session::testing::{Answer, Interceptor, Operation};
use session::time::UtcDateTime;

use crate::ledger::Ledger;

/// Makes each step of a deletion delete the oldest session, so that other requests come between.
///
/// A store deletes thousands of sessions in one step, in an order of its own. Here the order is
/// that of their creation, so that a run can be repeated.
#[derive(Clone, Debug)]
pub(crate) struct SmallSteps(pub(crate) Ledger);

#[async_trait]
impl Interceptor for SmallSteps {
    async fn intercept(
        &self,
        operation: Operation<'_>,
        store: &dyn SessionStorageBackend,
    ) -> Result<Answer, StoreError> {
        let Operation::DeleteCreatedUntil(until, batch, from) = operation else {
            return operation.run(store).await;
        };
        let after = match from {
            Some(cursor) => from_micros(i64::from_be_bytes(cursor.to_array()?)),
            None => None,
        };
        let times = self.0.times_of_creation();
        let mut left = times
            .range(..=until)
            .filter(|it| after.is_none_or(|after| **it > after));
        let (oldest, next) = (left.next(), left.next());
        let (until, next) = match (oldest, next) {
            (Some(oldest), Some(_)) => (*oldest, Some(to_micros(*oldest).to_be_bytes())),
            _ => (until, None),
        };
        Ok(Answer::DeleteCreatedUntil(DeletionStep {
            deleted: delete(store, until, batch).await?,
            next: next.map(WalkCursor::new),
        }))
    }
}

/// Deletes the sessions that were created until then, in all steps of the store.
async fn delete(
    store: &dyn SessionStorageBackend,
    until: UtcDateTime,
    batch: NonZeroU32,
) -> Result<u64, StoreError> {
    let (mut deleted, mut from) = (0, None);
    loop {
        let step = store
            .delete_created_until(until, batch, from.as_ref())
            .await?;
        deleted += step.deleted;
        from = step.next;
        if from.is_none() {
            return Ok(deleted);
        }
    }
}
