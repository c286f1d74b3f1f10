//! Faults in `delete`.

use std::sync::Mutex;

use session::SessionId;
use session::store::{CreateOutcome, SecretHash, SessionRecord, StoreError, StoreErrorKind};
use session::testing::{Answer, Interceptor, Operation};

use crate::fault::{Fault, Outcome, Store, fault, yield_to_others};

fault!(DeleteRequiresARecord, |store| Operation::Delete(id, expected) => {
    if store.load(id).await?.is_none() {
        return Err(StoreError::new(StoreErrorKind::Other, UnknownRecord));
    }
    Ok(Answer::Delete(store.delete(id, expected).await?))
});

fault!(DeleteDoesNothing, |store| Operation::Delete(id, expected) => {
    let stored = store.load(id).await?;
    Ok(Answer::Delete(stored.is_some_and(|stored| has_secret(&stored, expected))))
});

fault!(DeleteIgnoresTheSecret, |store| Operation::Delete(id, _) => {
    Ok(Answer::Delete(store.delete(id, None).await?))
});

fault!(DeleteAcceptsThePreviousSecret, |store| Operation::Delete(id, expected) => {
    let stored = store.load(id).await?;
    let previous = stored.and_then(|stored| stored.previous_secret);
    let accepted = match previous {
        Some(previous) if expected == Some(&previous.hash) => None,
        _ => expected,
    };
    Ok(Answer::Delete(store.delete(id, accepted).await?))
});

fault!(DeleteAlwaysReportsARemoval, |store| Operation::Delete(id, expected) => {
    store.delete(id, expected).await?;
    Ok(Answer::Delete(true))
});

fault!(DeleteNeverReportsARemoval, |store| Operation::Delete(id, expected) => {
    store.delete(id, expected).await?;
    Ok(Answer::Delete(false))
});

fault!(interleaved DeleteComparesBeforeItRemoves, |store| Operation::Delete(id, expected) => {
    let stored = store.load(id).await?;
    if !stored.is_some_and(|stored| has_secret(&stored, expected)) {
        return Ok(Answer::Delete(false));
    }
    yield_to_others().await;
    Ok(Answer::Delete(store.delete(id, None).await?))
});

fault!(interleaved DeleteLooksBeforeItRemoves, |store| Operation::Delete(id, expected) => {
    let stored = store.load(id).await?;
    let found = stored.is_some_and(|stored| has_secret(&stored, expected));
    yield_to_others().await;
    store.delete(id, expected).await?;
    Ok(Answer::Delete(found))
});

/// Refuses the ids of deleted records.
#[derive(Debug, Default)]
pub struct DeleteLeavesATombstone {
    deleted: Mutex<Vec<SessionId>>,
}

impl Fault for DeleteLeavesATombstone {}

#[async_trait::async_trait]
impl Interceptor for DeleteLeavesATombstone {
    async fn intercept(&self, operation: Operation<'_>, store: &Store) -> Outcome {
        match operation {
            Operation::Create(record) if self.deleted.lock().unwrap().contains(&record.id) => {
                return Ok(Answer::Create(CreateOutcome::DuplicateId));
            }
            Operation::Delete(id, _) if store.load(id).await?.is_some() => {
                self.deleted.lock().unwrap().push(id);
            }
            _ => {}
        }
        operation.run(store).await
    }
}

fn has_secret(stored: &SessionRecord, expected: Option<&SecretHash>) -> bool {
    expected.is_none_or(|expected| stored.secret == *expected)
}

#[derive(Debug, thiserror::Error)]
#[error("the record does not exist")]
struct UnknownRecord;
