//! Faults in `replace`.

use std::sync::Arc;

use session::store::{Extension, ReplaceOutcome, Revision, SessionRecord};
use session::testing::{Answer, Operation};

use crate::fault::{Outcome, Store, changed, fault, overwrite, yield_to_others};

fault!(ReplaceIgnoresRevision, |store| Operation::Replace(record, _) => {
    let Some(stored) = store.load(record.id).await? else {
        return Ok(Answer::Replace(ReplaceOutcome::Gone));
    };
    Ok(Answer::Replace(store.replace(record, stored.revision).await?))
});

fault!(ReplaceAcceptsOlderRevision, |store| Operation::Replace(record, expected) => {
    let stored = store.load(record.id).await?.map(|stored| stored.revision);
    let expected = stored.filter(|stored| *stored <= expected).unwrap_or(expected);
    Ok(Answer::Replace(store.replace(record, expected).await?))
});

fault!(ReplaceCreates, |store| Operation::Replace(record, expected) => {
    let mut outcome = store.replace(record, expected).await?;
    if outcome == ReplaceOutcome::Gone {
        _ = store.create(record).await?;
        outcome = ReplaceOutcome::Replaced;
    }
    Ok(Answer::Replace(outcome))
});

fault!(ReplaceReportsGoneForConflict, |store| Operation::Replace(record, expected) => {
    Ok(Answer::Replace(match store.replace(record, expected).await? {
        ReplaceOutcome::Conflict => ReplaceOutcome::Gone,
        outcome => outcome,
    }))
});

fault!(ReplaceReportsConflictForGone, |store| Operation::Replace(record, expected) => {
    Ok(Answer::Replace(match store.replace(record, expected).await? {
        ReplaceOutcome::Gone => ReplaceOutcome::Conflict,
        outcome => outcome,
    }))
});

fault!(ReplaceExtendsDespiteConflict, |store| Operation::Replace(record, expected) => {
    let outcome = store.replace(record, expected).await?;
    if outcome == ReplaceOutcome::Conflict {
        let (last_active_at, expires_at) = (record.last_active_at, record.expires_at);
        let by = Extension { last_active_at, expires_at };
        if let Some(stored) = store.load(record.id).await? {
            _ = store.touch(record.id, &stored.secret, by).await?;
        }
    }
    Ok(Answer::Replace(outcome))
});

fault!(ReplaceMovesDeadlineBack, |store| Operation::Replace(record, expected) => {
    replace_and_change(store, record, expected, |stored, _| {
        stored.expires_at = record.expires_at;
    })
    .await
});

fault!(ReplaceMovesActivityBack, |store| Operation::Replace(record, expected) => {
    replace_and_change(store, record, expected, |stored, _| {
        stored.last_active_at = record.last_active_at;
    })
    .await
});

fault!(ReplaceNeverMovesDeadline, |store| Operation::Replace(record, expected) => {
    replace_and_change(store, record, expected, |stored, old| {
        stored.expires_at = old.expires_at;
    })
    .await
});

fault!(ReplaceMovesTimesTogether, |store| Operation::Replace(record, expected) => {
    replace_and_change(store, record, expected, |stored, old| {
        let is_later = record.expires_at >= old.expires_at;
        let times = if is_later { record } else { old };
        (stored.expires_at, stored.last_active_at) = (times.expires_at, times.last_active_at);
    })
    .await
});

fault!(ReplaceKeepsPrincipal, |store| Operation::Replace(record, expected) => {
    replace_and_change(store, record, expected, |stored, old| {
        stored.principal = old.principal.clone();
    })
    .await
});

fault!(ReplaceNeverClears, |store| Operation::Replace(record, expected) => {
    replace_and_change(store, record, expected, |stored, old| {
        stored.label = stored.label.take().or_else(|| old.label.clone());
    })
    .await
});

fault!(ReplaceKeepsCreationTime, |store| Operation::Replace(record, expected) => {
    replace_and_change(store, record, expected, |stored, old| {
        stored.created_at = old.created_at;
    })
    .await
});

fault!(ReplaceCountsRevisions, |store| Operation::Replace(record, expected) => {
    let counted = changed(record, |it| it.revision = expected.next());
    Ok(Answer::Replace(store.replace(&counted, expected).await?))
});

fault!(ReplaceRequiresADifference, |store| Operation::Replace(record, expected) => {
    if store.load(record.id).await?.as_ref() == Some(record) {
        return Ok(Answer::Replace(ReplaceOutcome::Conflict));
    }
    Ok(Answer::Replace(store.replace(record, expected).await?))
});

fault!(interleaved ReplaceIsRacy, |store| Operation::Replace(record, expected) => {
    match store.load(record.id).await? {
        None => return Ok(Answer::Replace(ReplaceOutcome::Gone)),
        Some(stored) if stored.revision != expected => {
            return Ok(Answer::Replace(ReplaceOutcome::Conflict));
        }
        Some(_) => {}
    }
    yield_to_others().await;
    overwrite(store, record).await?;
    Ok(Answer::Replace(ReplaceOutcome::Replaced))
});

fault!(interleaved ReplaceIsTorn, |store| Operation::Replace(record, expected) => {
    let Some(stored) = store.load(record.id).await? else {
        return Ok(Answer::Replace(ReplaceOutcome::Gone));
    };
    let half = changed(record, |it| it.state = stored.state.clone());
    let mut outcome = store.replace(&half, expected).await?;
    yield_to_others().await;
    if outcome == ReplaceOutcome::Replaced {
        outcome = store.replace(record, record.revision).await?;
    }
    Ok(Answer::Replace(outcome))
});

/// Replaces a record correctly, then changes the stored one; `change` also receives the old record.
async fn replace_and_change(
    store: &Store,
    record: &Arc<SessionRecord>,
    expected: Revision,
    change: impl FnOnce(&mut SessionRecord, &Arc<SessionRecord>) + Send,
) -> Outcome {
    let old = store.load(record.id).await?;
    let outcome = store.replace(record, expected).await?;
    if outcome == ReplaceOutcome::Replaced
        && let (Some(old), Some(stored)) = (old, store.load(record.id).await?)
    {
        overwrite(store, &changed(&stored, |stored| change(stored, &old))).await?;
    }
    Ok(Answer::Replace(outcome))
}
