//! Faults in `delete_created_until`.

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};

use session::store::{DeletionStep, Page, WalkCursor};
use session::testing::{Answer, Interceptor, Operation};
use time::{Duration, UtcDateTime};

use crate::fault::{Fault, Outcome, Store, fault, yield_to_others};

fault!(CutoffSparesTheMomentItself, |store| Operation::DeleteCreatedUntil(until, batch, from) => {
    cut_off(store, until - Duration::MICROSECOND, batch, from).await
});

fault!(CutoffIsLate, |store| Operation::DeleteCreatedUntil(until, batch, from) => {
    let later = until.checked_add(Duration::MICROSECOND).unwrap_or(until);
    cut_off(store, later, batch, from).await
});

fault!(CutoffRemovesEverything, |store| Operation::DeleteCreatedUntil(_, batch, from) => {
    cut_off(store, UtcDateTime::MAX, batch, from).await
});

fault!(CutoffDoesNothing, |_store| Operation::DeleteCreatedUntil(..) => done(0));

fault!(CutoffHidesTheCount, |store| Operation::DeleteCreatedUntil(until, batch, from) => {
    let step = store.delete_created_until(until, batch, from).await?;
    Ok(Answer::DeleteCreatedUntil(DeletionStep { deleted: 0, ..step }))
});

fault!(CutoffEndsAfterOneStep, |store| Operation::DeleteCreatedUntil(until, batch, from) => {
    let step = store.delete_created_until(until, batch, from).await?;
    done(step.deleted)
});

fault!(CutoffHasOneStep, |store| Operation::DeleteCreatedUntil(until, ..) => {
    done(cut_off_all(store, until).await?)
});

fault!(CutoffIgnoresLargeBatches, |store| Operation::DeleteCreatedUntil(until, batch, from) => {
    match i32::try_from(batch.get()) {
        Ok(_) => cut_off(store, until, batch, from).await,
        Err(_) => done(0),
    }
});

// Removes expired records, which may have been created earlier or later.
fault!(CutoffFollowsTheDeadline, |store| Operation::DeleteCreatedUntil(until, batch, _) => {
    done(store.delete_expired(until, batch).await?)
});

// Begins again as long as there are records.
fault!(CutoffFollowsNewSessions, |store| Operation::DeleteCreatedUntil(until, batch, from) => {
    let step = store.delete_created_until(until, batch, from).await?;
    let everything = store.sessions_of(&session_conformance::principal("ada"), Page::ALL).await?;
    let again = || (!everything.is_empty()).then(|| WalkCursor::new([0]));
    let next = step.next.or_else(again);
    Ok(Answer::DeleteCreatedUntil(DeletionStep { next, ..step }))
});

/// Skips records that are being written.
#[derive(Debug, Default)]
pub struct CutoffSkipsLockedRecords {
    writers: AtomicU32,
}

impl Fault for CutoffSkipsLockedRecords {
    const INTERLEAVED: bool = true;
}

#[async_trait::async_trait]
impl Interceptor for CutoffSkipsLockedRecords {
    async fn intercept(&self, operation: Operation<'_>, store: &Store) -> Outcome {
        match operation {
            Operation::Replace(..) | Operation::Touch(..) => {
                self.writers.fetch_add(1, Ordering::SeqCst);
                yield_to_others().await;
                let outcome = operation.run(store).await;
                self.writers.fetch_sub(1, Ordering::SeqCst);
                outcome
            }
            Operation::DeleteCreatedUntil(..) if self.writers.load(Ordering::SeqCst) > 0 => done(0),
            _ => operation.run(store).await,
        }
    }
}

fn done(deleted: u64) -> Outcome {
    let next = None;
    Ok(Answer::DeleteCreatedUntil(DeletionStep { deleted, next }))
}

async fn cut_off(
    store: &Store,
    until: UtcDateTime,
    batch: NonZeroU32,
    from: Option<&WalkCursor>,
) -> Outcome {
    let step = store.delete_created_until(until, batch, from).await?;
    Ok(Answer::DeleteCreatedUntil(step))
}

async fn cut_off_all(store: &Store, until: UtcDateTime) -> Result<u64, session::store::StoreError> {
    let (mut deleted, mut from) = (0, None);
    loop {
        let step = store
            .delete_created_until(until, NonZeroU32::MAX, from.as_ref())
            .await?;
        deleted += step.deleted;
        from = step.next;
        if from.is_none() {
            return Ok(deleted);
        }
    }
}
