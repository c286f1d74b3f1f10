//! Faults in `all_sessions`.

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use session::SessionId;
use session::store::{SessionRecord, SessionSummary, SessionsStep, WalkCursor};
use session::testing::{Answer, Interceptor, Operation};
use session_conformance::start;
use time::Duration;

use crate::fault::{Fault, Outcome, Store, fault, yield_to_others};

fault!(WalkReturnsNothing, |_store| Operation::AllSessions(..) => done(vec![]));

fault!(WalkEndsAfterOneStep, |store| Operation::AllSessions(batch, from) => {
    done(store.all_sessions(batch, from).await?.sessions)
});

fault!(WalkHasOneStep, |store| Operation::AllSessions(..) => done(everything(store).await?));

fault!(WalkIgnoresLargeBatches, |store| Operation::AllSessions(batch, from) => {
    match i32::try_from(batch.get()) {
        Ok(_) => Ok(Answer::AllSessions(store.all_sessions(batch, from).await?)),
        Err(_) => done(vec![]),
    }
});

fault!(WalkLeavesOutVisitors, |store| Operation::AllSessions(batch, from) => {
    changed_step(store, batch, from, |sessions| {
        sessions.retain(|summary| summary.authenticated_at.is_some());
    })
    .await
});

fault!(WalkForgetsTheLogIn, |store| Operation::AllSessions(batch, from) => {
    changed_step(store, batch, from, |sessions| {
        sessions.iter_mut().for_each(|summary| summary.authenticated_at = None);
    })
    .await
});

fault!(WalkMovesDeadlinesThatHavePassed, |store| Operation::AllSessions(batch, from) => {
    changed_step(store, batch, from, |sessions| {
        sessions.iter_mut().for_each(|summary| summary.expires_at = summary.expires_at.max(start()));
    })
    .await
});

fault!(WalkMovesDeadlinesByAMicrosecond, |store| Operation::AllSessions(batch, from) => {
    changed_step(store, batch, from, |sessions| {
        sessions.iter_mut().for_each(|summary| summary.expires_at += Duration::MICROSECOND);
    })
    .await
});

fault!(WalkTakesRecordsForDamaged, |store| Operation::AllSessions(batch, from) => {
    let mut step = store.all_sessions(batch, from).await?;
    step.unreadable.extend(step.sessions.pop().map(|summary| summary.id));
    Ok(Answer::AllSessions(step))
});

fault!(WalkDeletesWhatItReturns, |store| Operation::AllSessions(batch, from) => {
    let step = store.all_sessions(batch, from).await?;
    for summary in &step.sessions {
        store.delete(summary.id, None).await?;
    }
    Ok(Answer::AllSessions(step))
});

// Begins again as long as there are records.
fault!(WalkFollowsNewSessions, |store| Operation::AllSessions(batch, from) => {
    let mut step = store.all_sessions(batch, from).await?;
    let first = store.all_sessions(NonZeroU32::MAX, None).await?;
    if !first.sessions.is_empty() || first.next.is_some() {
        step.next.get_or_insert_with(|| WalkCursor::new([0]));
    }
    Ok(Answer::AllSessions(step))
});

// The cursor is the number of the sessions before the step.
fault!(WalkCountsTheSessionsBefore, |store| Operation::AllSessions(batch, from) => {
    let skipped = match from {
        Some(cursor) => u32::from_be_bytes(cursor.to_array()?),
        None => 0,
    };
    let mut sessions = everything(store).await?;
    sessions.sort_by_key(|summary| summary.id);
    let rest = sessions.into_iter().skip(skipped as usize);
    let sessions: Vec<_> = rest.take(batch.get() as usize).collect();
    let next = skipped + sessions.len() as u32;
    let next = (!sessions.is_empty()).then(|| WalkCursor::new(next.to_be_bytes()));
    Ok(Answer::AllSessions(SessionsStep { sessions, unreadable: vec![], next }))
});

/// Returns the sessions as they were created.
#[derive(Debug, Default)]
pub struct WalkReturnsTheFirstRecords {
    created: Mutex<Vec<Arc<SessionRecord>>>,
}

impl Fault for WalkReturnsTheFirstRecords {}

#[async_trait::async_trait]
impl Interceptor for WalkReturnsTheFirstRecords {
    async fn intercept(&self, operation: Operation<'_>, store: &Store) -> Outcome {
        match operation {
            Operation::Create(record) => {
                self.created.lock().unwrap().push(record.clone());
                operation.run(store).await
            }
            Operation::AllSessions(batch, from) => {
                let first = |id: SessionId| {
                    let created = self.created.lock().unwrap();
                    let first = created.iter().find(|record| record.id == id);
                    first.map(|record| record.summary())
                };
                changed_step(store, batch, from, |sessions| {
                    *sessions = sessions.iter().filter_map(|it| first(it.id)).collect();
                })
                .await
            }
            _ => operation.run(store).await,
        }
    }
}

/// Returns sessions that were deleted.
#[derive(Debug, Default)]
pub struct WalkReturnsDeletedSessions {
    deleted: Mutex<Vec<SessionSummary>>,
}

impl Fault for WalkReturnsDeletedSessions {}

#[async_trait::async_trait]
impl Interceptor for WalkReturnsDeletedSessions {
    async fn intercept(&self, operation: Operation<'_>, store: &Store) -> Outcome {
        match operation {
            Operation::Delete(id, _) => {
                let record = store.load(id).await?;
                let summary = record.map(|record| record.summary());
                self.deleted.lock().unwrap().extend(summary);
                operation.run(store).await
            }
            Operation::AllSessions(batch, from @ None) => {
                let deleted = self.deleted.lock().unwrap().clone();
                changed_step(store, batch, from, |sessions| sessions.extend(deleted)).await
            }
            _ => operation.run(store).await,
        }
    }
}

/// Leaves out records that are being written.
#[derive(Debug, Default)]
pub struct WalkSkipsLockedRecords {
    writers: AtomicU32,
}

impl Fault for WalkSkipsLockedRecords {
    const INTERLEAVED: bool = true;
}

#[async_trait::async_trait]
impl Interceptor for WalkSkipsLockedRecords {
    async fn intercept(&self, operation: Operation<'_>, store: &Store) -> Outcome {
        match operation {
            Operation::Replace(..) | Operation::Touch(..) => {
                self.writers.fetch_add(1, Ordering::SeqCst);
                yield_to_others().await;
                let outcome = operation.run(store).await;
                self.writers.fetch_sub(1, Ordering::SeqCst);
                outcome
            }
            Operation::AllSessions(..) if self.writers.load(Ordering::SeqCst) > 0 => done(vec![]),
            _ => operation.run(store).await,
        }
    }
}

fn done(sessions: Vec<SessionSummary>) -> Outcome {
    Ok(Answer::AllSessions(SessionsStep {
        sessions,
        ..SessionsStep::default()
    }))
}

async fn changed_step(
    store: &Store,
    batch: NonZeroU32,
    from: Option<&WalkCursor>,
    change: impl FnOnce(&mut Vec<SessionSummary>),
) -> Outcome {
    let mut step = store.all_sessions(batch, from).await?;
    change(&mut step.sessions);
    Ok(Answer::AllSessions(step))
}

async fn everything(store: &Store) -> Result<Vec<SessionSummary>, session::StoreError> {
    let (mut sessions, mut from) = (vec![], None);
    loop {
        let step = store.all_sessions(NonZeroU32::MAX, from.as_ref()).await?;
        sessions.extend(step.sessions);
        from = step.next;
        if from.is_none() {
            return Ok(sessions);
        }
    }
}
