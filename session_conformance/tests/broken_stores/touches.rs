//! Stores that touch or delete otherwise than promised.

use std::sync::{Arc, Mutex};

use session::SessionId;
use session::store::{
    CreateOutcome, Extension, SessionRecord, SessionStorageBackend, StoreError, StoreErrorKind,
    TouchOutcome,
};
use session_conformance::RecordBuilder;

use crate::fault::{Correct, Fault, Outcome, others_have_a_turn, overwrite};
use crate::writes::fault;

fault!(TouchMovesBack {
    async fn touch(&self, store: &Correct, id: SessionId, by: Extension) -> Outcome<TouchOutcome> {
        touch_with(store, id, by, |record| record.expires_at = by.expires_at).await
    }
});

fault!(TouchMovesActivityBack {
    async fn touch(&self, store: &Correct, id: SessionId, by: Extension) -> Outcome<TouchOutcome> {
        touch_with(store, id, by, |record| record.last_active_at = by.last_active_at).await
    }
});

fault!(TouchForgetsActivity {
    async fn touch(&self, store: &Correct, id: SessionId, by: Extension) -> Outcome<TouchOutcome> {
        let old = store.load(id).await?;
        touch_with(store, id, by, |record| {
            record.last_active_at = old.as_ref().map_or(by.last_active_at, |old| old.last_active_at);
        })
        .await
    }
});

fault!(TouchBumpsRevision {
    async fn touch(&self, store: &Correct, id: SessionId, by: Extension) -> Outcome<TouchOutcome> {
        touch_with(store, id, by, |record| record.revision = record.revision.next()).await
    }
});

fault!(TouchNeedsAnEffect {
    async fn touch(&self, store: &Correct, id: SessionId, by: Extension) -> Outcome<TouchOutcome> {
        let old = store.load(id).await?;
        let outcome = store.touch(id, by).await?;
        let effect = old != store.load(id).await?;
        Ok(if effect { outcome } else { TouchOutcome::Gone })
    }
});

fault!(TouchSaysTouched {
    async fn touch(&self, store: &Correct, id: SessionId, by: Extension) -> Outcome<TouchOutcome> {
        _ = store.touch(id, by).await?;
        Ok(TouchOutcome::Touched)
    }
});

fault!(TouchIsRacy {
    const ATOMIC: bool = false;

    async fn touch(&self, store: &Correct, id: SessionId, by: Extension) -> Outcome<TouchOutcome> {
        let Some(mut record) = store.load(id).await? else {
            return Ok(TouchOutcome::Gone);
        };
        others_have_a_turn().await;
        record.expires_at = record.expires_at.max(by.expires_at);
        record.last_active_at = record.last_active_at.max(by.last_active_at);
        overwrite(store, &record).await?;
        Ok(TouchOutcome::Touched)
    }
});

fault!(DeleteNeedsARecord {
    async fn delete(&self, store: &Correct, id: SessionId) -> Outcome<()> {
        match store.load(id).await? {
            Some(_) => store.delete(id).await,
            None => Err(StoreError::new(StoreErrorKind::Other, Unknown)),
        }
    }
});

fault!(DeleteDoesNothing {
    async fn delete(&self, _: &Correct, _: SessionId) -> Outcome<()> {
        Ok(())
    }
});

/// Touches what it deleted a moment ago: the record comes back.
#[derive(Debug, Default)]
pub struct TouchCreates {
    template: Mutex<Option<SessionRecord>>,
}

#[async_trait::async_trait]
impl Fault for TouchCreates {
    async fn create(&self, store: &Correct, record: &SessionRecord) -> Outcome<CreateOutcome> {
        *self.template.lock().unwrap() = Some(record.clone());
        store.create(record).await
    }

    async fn touch(&self, store: &Correct, id: SessionId, by: Extension) -> Outcome<TouchOutcome> {
        let template = self.template.lock().unwrap().clone();
        if store.load(id).await?.is_none() {
            let other = || Arc::unwrap_or_clone(RecordBuilder::new(0).build());
            let template = template.unwrap_or_else(other);
            _ = store.create(&SessionRecord { id, ..template }).await?;
        }
        store.touch(id, by).await
    }
}

/// Marks records as deleted, and never forgets the mark.
#[derive(Debug, Default)]
pub struct DeleteLeavesATombstone {
    deleted: Mutex<Vec<SessionId>>,
}

#[async_trait::async_trait]
impl Fault for DeleteLeavesATombstone {
    async fn create(&self, store: &Correct, record: &SessionRecord) -> Outcome<CreateOutcome> {
        if self.deleted.lock().unwrap().contains(&record.id) {
            return Ok(CreateOutcome::DuplicateId);
        }
        store.create(record).await
    }

    async fn delete(&self, store: &Correct, id: SessionId) -> Outcome<()> {
        if store.load(id).await?.is_some() {
            self.deleted.lock().unwrap().push(id);
        }
        store.delete(id).await
    }
}

/// Touches correctly, then changes the result.
async fn touch_with(
    store: &Correct,
    id: SessionId,
    by: Extension,
    change: impl FnOnce(&mut SessionRecord) + Send,
) -> Outcome<TouchOutcome> {
    let outcome = store.touch(id, by).await?;
    if let Some(mut record) = store.load(id).await? {
        change(&mut record);
        overwrite(store, &record).await?;
    }
    Ok(outcome)
}

#[derive(Debug, thiserror::Error)]
#[error("there is no such record")]
struct Unknown;
