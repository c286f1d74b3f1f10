//! Stores that create or replace otherwise than promised.

use session::store::{
    CreateOutcome, Extension, ReplaceOutcome, Revision, SessionRecord, SessionStorageBackend,
};

use crate::fault::{Correct, Fault, Outcome, others_have_a_turn, overwrite};

macro_rules! fault {
    ($name:ident { $($method:item)* }) => {
        #[derive(Debug, Default)]
        pub struct $name;

        #[async_trait::async_trait]
        impl Fault for $name { $($method)* }
    };
}
pub(crate) use fault;

fault!(Faultless {});

fault!(CreateOverwrites {
    async fn create(&self, store: &Correct, record: &SessionRecord) -> Outcome<CreateOutcome> {
        overwrite(store, record).await?;
        Ok(CreateOutcome::Created)
    }
});

fault!(CreateKeepsSilently {
    async fn create(&self, store: &Correct, record: &SessionRecord) -> Outcome<CreateOutcome> {
        _ = store.create(record).await?;
        Ok(CreateOutcome::Created)
    }
});

fault!(CreateOverwritesButSaysDuplicate {
    async fn create(&self, store: &Correct, record: &SessionRecord) -> Outcome<CreateOutcome> {
        let outcome = store.create(record).await?;
        overwrite(store, record).await?;
        Ok(outcome)
    }
});

fault!(CreateOverwritesExpired {
    async fn create(&self, store: &Correct, record: &SessionRecord) -> Outcome<CreateOutcome> {
        if let Some(old) = store.load(record.id).await?
            && old.expires_at <= record.created_at
        {
            store.delete(record.id).await?;
        }
        store.create(record).await
    }
});

fault!(CreateStartsAtRevisionOne {
    async fn create(&self, store: &Correct, record: &SessionRecord) -> Outcome<CreateOutcome> {
        let revision = Revision::FIRST;
        store.create(&SessionRecord { revision, ..record.clone() }).await
    }
});

fault!(CreateIsRacy {
    const ATOMIC: bool = false;

    async fn create(&self, store: &Correct, record: &SessionRecord) -> Outcome<CreateOutcome> {
        if store.load(record.id).await?.is_some() {
            return Ok(CreateOutcome::DuplicateId);
        }
        others_have_a_turn().await;
        overwrite(store, record).await?;
        Ok(CreateOutcome::Created)
    }
});

fault!(CreateIsTorn {
    const ATOMIC: bool = false;

    async fn create(&self, store: &Correct, record: &SessionRecord) -> Outcome<CreateOutcome> {
        let bare = SessionRecord { label: None, ..record.clone() };
        let outcome = store.create(&bare).await?;
        others_have_a_turn().await;
        if outcome == CreateOutcome::Created {
            _ = store.replace(record, record.revision).await?;
        }
        Ok(outcome)
    }
});

fault!(ReplaceIgnoresRevision {
    async fn replace(
        &self,
        store: &Correct,
        record: &SessionRecord,
        _: Revision,
    ) -> Outcome<ReplaceOutcome> {
        match store.load(record.id).await? {
            Some(stored) => store.replace(record, stored.revision).await,
            None => Ok(ReplaceOutcome::Gone),
        }
    }
});

fault!(ReplaceAcceptsOlderRevision {
    async fn replace(
        &self,
        store: &Correct,
        record: &SessionRecord,
        expected: Revision,
    ) -> Outcome<ReplaceOutcome> {
        match store.load(record.id).await? {
            Some(stored) if stored.revision <= expected => store.replace(record, stored.revision).await,
            _ => store.replace(record, expected).await,
        }
    }
});

fault!(ReplaceCreates {
    async fn replace(
        &self,
        store: &Correct,
        record: &SessionRecord,
        expected: Revision,
    ) -> Outcome<ReplaceOutcome> {
        let outcome = store.replace(record, expected).await?;
        if outcome == ReplaceOutcome::Gone {
            _ = store.create(record).await?;
            return Ok(ReplaceOutcome::Replaced);
        }
        Ok(outcome)
    }
});

fault!(ReplaceSaysGoneForConflict {
    async fn replace(
        &self,
        store: &Correct,
        record: &SessionRecord,
        expected: Revision,
    ) -> Outcome<ReplaceOutcome> {
        Ok(match store.replace(record, expected).await? {
            ReplaceOutcome::Conflict => ReplaceOutcome::Gone,
            outcome => outcome,
        })
    }
});

fault!(ReplaceSaysConflictForGone {
    async fn replace(
        &self,
        store: &Correct,
        record: &SessionRecord,
        expected: Revision,
    ) -> Outcome<ReplaceOutcome> {
        Ok(match store.replace(record, expected).await? {
            ReplaceOutcome::Gone => ReplaceOutcome::Conflict,
            outcome => outcome,
        })
    }
});

fault!(ReplaceExtendsEvenInConflict {
    async fn replace(
        &self,
        store: &Correct,
        record: &SessionRecord,
        expected: Revision,
    ) -> Outcome<ReplaceOutcome> {
        let outcome = store.replace(record, expected).await?;
        if outcome == ReplaceOutcome::Conflict {
            let (last_active_at, expires_at) = (record.last_active_at, record.expires_at);
            _ = store.touch(record.id, Extension { last_active_at, expires_at }).await?;
        }
        Ok(outcome)
    }
});

fault!(ReplaceMovesDeadlineBack {
    async fn replace(
        &self,
        store: &Correct,
        record: &SessionRecord,
        expected: Revision,
    ) -> Outcome<ReplaceOutcome> {
        replace_with(store, record, expected, |new, _| {
            new.expires_at = record.expires_at;
        })
        .await
    }
});

fault!(ReplaceMovesActivityBack {
    async fn replace(
        &self,
        store: &Correct,
        record: &SessionRecord,
        expected: Revision,
    ) -> Outcome<ReplaceOutcome> {
        replace_with(store, record, expected, |new, _| {
            new.last_active_at = record.last_active_at;
        })
        .await
    }
});

fault!(ReplaceNeverMovesDeadline {
    async fn replace(
        &self,
        store: &Correct,
        record: &SessionRecord,
        expected: Revision,
    ) -> Outcome<ReplaceOutcome> {
        replace_with(store, record, expected, |new, old| new.expires_at = old.expires_at).await
    }
});

fault!(ReplaceTakesTimesTogether {
    async fn replace(
        &self,
        store: &Correct,
        record: &SessionRecord,
        expected: Revision,
    ) -> Outcome<ReplaceOutcome> {
        replace_with(store, record, expected, |new, old| {
            let newer = record.expires_at >= old.expires_at;
            let times = if newer { record } else { old };
            (new.expires_at, new.last_active_at) = (times.expires_at, times.last_active_at);
        })
        .await
    }
});

fault!(ReplaceKeepsPrincipal {
    async fn replace(
        &self,
        store: &Correct,
        record: &SessionRecord,
        expected: Revision,
    ) -> Outcome<ReplaceOutcome> {
        replace_with(store, record, expected, |new, old| new.principal = old.principal.clone()).await
    }
});

fault!(ReplaceNeverClears {
    async fn replace(
        &self,
        store: &Correct,
        record: &SessionRecord,
        expected: Revision,
    ) -> Outcome<ReplaceOutcome> {
        replace_with(store, record, expected, |new, old| {
            new.label = new.label.take().or_else(|| old.label.clone());
        })
        .await
    }
});

fault!(ReplaceKeepsCreationTime {
    async fn replace(
        &self,
        store: &Correct,
        record: &SessionRecord,
        expected: Revision,
    ) -> Outcome<ReplaceOutcome> {
        replace_with(store, record, expected, |new, old| new.created_at = old.created_at).await
    }
});

fault!(ReplaceCountsByItself {
    async fn replace(
        &self,
        store: &Correct,
        record: &SessionRecord,
        expected: Revision,
    ) -> Outcome<ReplaceOutcome> {
        let revision = expected.next();
        store.replace(&SessionRecord { revision, ..record.clone() }, expected).await
    }
});

fault!(ReplaceCountsChangedRowsOnly {
    async fn replace(
        &self,
        store: &Correct,
        record: &SessionRecord,
        expected: Revision,
    ) -> Outcome<ReplaceOutcome> {
        if store.load(record.id).await?.as_ref() == Some(record) {
            return Ok(ReplaceOutcome::Conflict);
        }
        store.replace(record, expected).await
    }
});

fault!(ReplaceIsRacy {
    const ATOMIC: bool = false;

    async fn replace(
        &self,
        store: &Correct,
        record: &SessionRecord,
        expected: Revision,
    ) -> Outcome<ReplaceOutcome> {
        let Some(stored) = store.load(record.id).await? else {
            return Ok(ReplaceOutcome::Gone);
        };
        if stored.revision != expected {
            return Ok(ReplaceOutcome::Conflict);
        }
        others_have_a_turn().await;
        overwrite(store, record).await?;
        Ok(ReplaceOutcome::Replaced)
    }
});

fault!(ReplaceIsTorn {
    const ATOMIC: bool = false;

    async fn replace(
        &self,
        store: &Correct,
        record: &SessionRecord,
        expected: Revision,
    ) -> Outcome<ReplaceOutcome> {
        let Some(stored) = store.load(record.id).await? else {
            return Ok(ReplaceOutcome::Gone);
        };
        let half = SessionRecord { state: stored.state, ..record.clone() };
        let outcome = store.replace(&half, expected).await?;
        others_have_a_turn().await;
        match outcome {
            ReplaceOutcome::Replaced => store.replace(record, record.revision).await,
            outcome => Ok(outcome),
        }
    }
});

/// Replaces correctly, then changes the result; `change` gets the record before the replacement, too.
async fn replace_with(
    store: &Correct,
    record: &SessionRecord,
    expected: Revision,
    change: impl FnOnce(&mut SessionRecord, &SessionRecord) + Send,
) -> Outcome<ReplaceOutcome> {
    let old = store.load(record.id).await?;
    let outcome = store.replace(record, expected).await?;
    if outcome == ReplaceOutcome::Replaced
        && let (Some(old), Some(mut new)) = (old, store.load(record.id).await?)
    {
        change(&mut new, &old);
        overwrite(store, &new).await?;
    }
    Ok(outcome)
}
