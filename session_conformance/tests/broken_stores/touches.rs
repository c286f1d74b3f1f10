//! Faults in `touch`.

use std::sync::{Arc, Mutex};

use session::SessionId;
use session::store::{Extension, SecretHash, SessionRecord, TouchOutcome};
use session::testing::{Answer, Interceptor, Operation};
use session_conformance::RecordBuilder;

use crate::fault::{Fault, Outcome, Store, changed, fault, overwrite, yield_to_others};

fault!(TouchMovesDeadlineBack, |store| Operation::Touch(id, secret, by) => {
    touch_and_change(store, id, secret, by, |stored| stored.expires_at = by.expires_at).await
});

fault!(TouchMovesActivityBack, |store| Operation::Touch(id, secret, by) => {
    touch_and_change(store, id, secret, by, |stored| stored.last_active_at = by.last_active_at).await
});

fault!(TouchKeepsActivity, |store| Operation::Touch(id, secret, by) => {
    let old = store.load(id).await?;
    touch_and_change(store, id, secret, by, |stored| {
        stored.last_active_at = old.map_or(by.last_active_at, |old| old.last_active_at);
    })
    .await
});

fault!(TouchChangesRevision, |store| Operation::Touch(id, secret, by) => {
    touch_and_change(store, id, secret, by, |stored| stored.revision = stored.revision.next()).await
});

fault!(TouchRequiresADifference, |store| Operation::Touch(id, secret, by) => {
    let old = store.load(id).await?;
    let outcome = store.touch(id, secret, by).await?;
    let differs = old != store.load(id).await?;
    let finds = differs || outcome == TouchOutcome::Superseded;
    Ok(Answer::Touch(if finds { outcome } else { TouchOutcome::Gone }))
});

fault!(TouchAlwaysReportsTouched, |store| Operation::Touch(id, secret, by) => {
    _ = store.touch(id, secret, by).await?;
    Ok(Answer::Touch(TouchOutcome::Touched))
});

fault!(TouchIgnoresTheSecret, |store| Operation::Touch(id, _, by) => {
    match store.load(id).await? {
        Some(stored) => Ok(Answer::Touch(store.touch(id, &stored.secret, by).await?)),
        None => Ok(Answer::Touch(TouchOutcome::Gone)),
    }
});

fault!(TouchAcceptsThePreviousSecret, |store| Operation::Touch(id, secret, by) => {
    let stored = store.load(id).await?;
    let previous = stored.as_ref().and_then(|stored| stored.previous_secret);
    let accepted = match (&stored, previous) {
        (Some(stored), Some(previous)) if previous.hash == *secret => &stored.secret,
        _ => secret,
    };
    Ok(Answer::Touch(store.touch(id, accepted, by).await?))
});

fault!(TouchReportsGoneIfSuperseded, |store| Operation::Touch(id, secret, by) => {
    Ok(Answer::Touch(match store.touch(id, secret, by).await? {
        TouchOutcome::Superseded => TouchOutcome::Gone,
        outcome => outcome,
    }))
});

fault!(interleaved TouchComparesBeforeItWrites, |store| Operation::Touch(id, secret, by) => {
    let Some(stored) = store.load(id).await? else {
        return Ok(Answer::Touch(TouchOutcome::Gone));
    };
    if stored.secret != *secret {
        return Ok(Answer::Touch(TouchOutcome::Superseded));
    }
    loop {
        yield_to_others().await;
        let Some(stored) = store.load(id).await? else {
            return Ok(Answer::Touch(TouchOutcome::Gone));
        };
        if store.touch(id, &stored.secret, by).await? == TouchOutcome::Touched {
            return Ok(Answer::Touch(TouchOutcome::Touched));
        }
    }
});

fault!(interleaved TouchIsRacy, |store| Operation::Touch(id, secret, by) => {
    let Some(stored) = store.load(id).await? else {
        return Ok(Answer::Touch(TouchOutcome::Gone));
    };
    yield_to_others().await;
    if stored.secret != *secret {
        return Ok(Answer::Touch(TouchOutcome::Superseded));
    }
    let touched = changed(&stored, |it| {
        it.expires_at = it.expires_at.max(by.expires_at);
        it.last_active_at = it.last_active_at.max(by.last_active_at);
    });
    overwrite(store, &touched).await?;
    Ok(Answer::Touch(TouchOutcome::Touched))
});

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
            Operation::Touch(id, ..) if store.load(id).await?.is_none() => {
                let last = self.last.lock().unwrap().clone();
                let last = last.unwrap_or_else(|| RecordBuilder::new(0).build());
                _ = store.create(&changed(&last, |it| it.id = id)).await?;
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
    secret: &SecretHash,
    by: Extension,
    change: impl FnOnce(&mut SessionRecord) + Send,
) -> Outcome {
    let outcome = store.touch(id, secret, by).await?;
    if outcome == TouchOutcome::Touched
        && let Some(stored) = store.load(id).await?
    {
        overwrite(store, &changed(&stored, change)).await?;
    }
    Ok(Answer::Touch(outcome))
}
