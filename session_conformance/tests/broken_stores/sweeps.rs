//! Faults in `delete_expired`.

use std::num::NonZeroU32;
use std::sync::Mutex;

use session::SessionId;
use session::testing::{Answer, Interceptor, Operation};
use time::{Duration, UtcDateTime};

use crate::fault::{Fault, Outcome, Store, fault, yield_to_others};

fault!(SweepSparesTheDeadlineItself, |store| Operation::DeleteExpired(before, batch) => {
    sweep(store, before - Duration::MICROSECOND, batch).await
});

fault!(SweepIsEarly, |store| Operation::DeleteExpired(before, batch) => {
    let later = before.checked_add(Duration::MICROSECOND).unwrap_or(before);
    sweep(store, later, batch).await
});

fault!(SweepComparesSeconds, |store| Operation::DeleteExpired(before, batch) => {
    sweep(store, before.replace_nanosecond(999_999_000).unwrap(), batch).await
});

fault!(SweepIgnoresBatch, |store| Operation::DeleteExpired(before, _) => {
    sweep(store, before, NonZeroU32::MAX).await
});

fault!(SweepCountsAtMostOne, |store| Operation::DeleteExpired(before, batch) => {
    let count = store.delete_expired(before, batch).await?;
    Ok(Answer::DeleteExpired(count.min(1)))
});

fault!(SweepReturnsTheBatch, |store| Operation::DeleteExpired(before, batch) => {
    store.delete_expired(before, batch).await?;
    Ok(Answer::DeleteExpired(u64::from(batch.get())))
});

fault!(SweepIgnoresLargeBatches, |store| Operation::DeleteExpired(before, batch) => {
    match i32::try_from(batch.get()) {
        Ok(_) => sweep(store, before, batch).await,
        Err(_) => Ok(Answer::DeleteExpired(0)),
    }
});

fault!(SweepRemovesLiveRecords, |store| Operation::DeleteExpired(_, batch) => {
    sweep(store, UtcDateTime::MAX, batch).await
});

fault!(SweepDoesNothing, |_store| Operation::DeleteExpired(..) => Ok(Answer::DeleteExpired(0)));

fault!(interleaved SweepIsRacy, |store| Operation::DeleteExpired(before, batch) => {
    // The rules that can catch this fault use the first 130 records.
    let mut candidates = Vec::new();
    for n in 0..130 {
        let record = store.load(session_conformance::id(n)).await?;
        candidates.extend(record.filter(|record| record.expires_at <= before));
    }
    candidates.sort_by_key(|record| record.expires_at);
    candidates.truncate(batch.get() as usize);
    yield_to_others().await;
    for record in &candidates {
        store.delete(record.id, None).await?;
    }
    Ok(Answer::DeleteExpired(candidates.len() as u64))
});

/// Removes expired records in the order of their creation.
#[derive(Debug, Default)]
pub struct SweepFollowsCreation {
    created: Mutex<Vec<SessionId>>,
}

impl Fault for SweepFollowsCreation {}

#[async_trait::async_trait]
impl Interceptor for SweepFollowsCreation {
    async fn intercept(&self, operation: Operation<'_>, store: &Store) -> Outcome {
        match operation {
            Operation::Create(record) => self.created.lock().unwrap().push(record.id),
            Operation::DeleteExpired(before, batch) => {
                let created = self.created.lock().unwrap().clone();
                return sweep_in_order(store, created, before, batch).await;
            }
            _ => {}
        }
        operation.run(store).await
    }
}

async fn sweep_in_order(
    store: &Store,
    ids: Vec<SessionId>,
    before: UtcDateTime,
    batch: NonZeroU32,
) -> Outcome {
    let mut count = 0;
    for id in ids {
        let record = store.load(id).await?;
        if count < u64::from(batch.get()) && record.is_some_and(|it| it.expires_at <= before) {
            store.delete(id, None).await?;
            count += 1;
        }
    }
    Ok(Answer::DeleteExpired(count))
}

async fn sweep(store: &Store, before: UtcDateTime, batch: NonZeroU32) -> Outcome {
    let count = store.delete_expired(before, batch).await?;
    Ok(Answer::DeleteExpired(count))
}
