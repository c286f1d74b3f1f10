//! Faults in `touch` and `delete`.

use std::sync::{Arc, Mutex};

use session::SessionId;
use session::store::{
    CreateOutcome, Extension, SessionRecord, StoreError, StoreErrorKind, TouchOutcome,
};
use session::testing::{Answer, Interceptor, Operation};
use session_conformance::RecordBuilder;

use crate::fault::{Fault, Outcome, Store, changed, fault, overwrite, yield_to_others};

fault!(TouchMovesDeadlineBack, |store| Operation::Touch(id, by) => {
    touch_and_change(store, id, by, |stored| stored.expires_at = by.expires_at).await
});

fault!(TouchMovesActivityBack, |store| Operation::Touch(id, by) => {
    touch_and_change(store, id, by, |stored| stored.last_active_at = by.last_active_at).await
});

fault!(TouchKeepsActivity, |store| Operation::Touch(id, by) => {
    let old = store.load(id).await?;
    touch_and_change(store, id, by, |stored| {
        stored.last_active_at = old.map_or(by.last_active_at, |old| old.last_active_at);
    })
    .await
});

fault!(TouchChangesRevision, |store| Operation::Touch(id, by) => {
    touch_and_change(store, id, by, |stored| stored.revision = stored.revision.next()).await
});

fault!(TouchRequiresADifference, |store| Operation::Touch(id, by) => {
    let old = store.load(id).await?;
    let outcome = store.touch(id, by).await?;
    let differs = old != store.load(id).await?;
    Ok(Answer::Touch(if differs { outcome } else { TouchOutcome::Gone }))
});

fault!(TouchAlwaysReportsTouched, |store| Operation::Touch(id, by) => {
    _ = store.touch(id, by).await?;
    Ok(Answer::Touch(TouchOutcome::Touched))
});

fault!(interleaved TouchIsRacy, |store| Operation::Touch(id, by) => {
    let Some(stored) = store.load(id).await? else {
        return Ok(Answer::Touch(TouchOutcome::Gone));
    };
    yield_to_others().await;
    let touched = changed(&stored, |it| {
        it.expires_at = it.expires_at.max(by.expires_at);
        it.last_active_at = it.last_active_at.max(by.last_active_at);
    });
    overwrite(store, &touched).await?;
    Ok(Answer::Touch(TouchOutcome::Touched))
});

fault!(DeleteRequiresARecord, |store| Operation::Delete(id) => {
    if store.load(id).await?.is_none() {
        return Err(StoreError::new(StoreErrorKind::Other, UnknownRecord));
    }
    Ok(Answer::Delete(store.delete(id).await?))
});

fault!(DeleteDoesNothing, |_store| Operation::Delete(_) => Ok(Answer::Delete(())));

/// Creates the record that it touches, from the record that was created last.
#[derive(Debug, Default)]
pub struct TouchCreates {
    last: Mutex<Option<Arc<SessionRecord>>>,
}

impl Fault for TouchCreates {}

#[async_trait::async_trait]
impl Interceptor for TouchCreates {
    async fn intercept(&self, operation: Operation<'_>, store: &Store) -> Outcome {
        match operation {
            Operation::Create(record) => *self.last.lock().unwrap() = Some(record.clone()),
            Operation::Touch(id, _) if store.load(id).await?.is_none() => {
                let last = self.last.lock().unwrap().clone();
                let last = last.unwrap_or_else(|| RecordBuilder::new(0).build());
                _ = store.create(&changed(&last, |it| it.id = id)).await?;
            }
            _ => {}
        }
        operation.run(store).await
    }
}

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
            Operation::Delete(id) if store.load(id).await?.is_some() => {
                self.deleted.lock().unwrap().push(id);
            }
            _ => {}
        }
        operation.run(store).await
    }
}

/// Touches a record correctly, then changes the stored one.
async fn touch_and_change(
    store: &Store,
    id: SessionId,
    by: Extension,
    change: impl FnOnce(&mut SessionRecord) + Send,
) -> Outcome {
    let outcome = store.touch(id, by).await?;
    if let Some(stored) = store.load(id).await? {
        overwrite(store, &changed(&stored, change)).await?;
    }
    Ok(Answer::Touch(outcome))
}

#[derive(Debug, thiserror::Error)]
#[error("the record does not exist")]
struct UnknownRecord;
