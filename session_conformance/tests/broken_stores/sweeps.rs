//! Stores that sweep, list or revoke otherwise than promised.

use std::num::NonZeroU32;
use std::sync::Mutex;

use session::store::{CreateOutcome, SessionRecord, SessionStorageBackend, SessionSummary};
use session::{Principal, SessionId};
use time::{Duration, UtcDateTime};

use crate::fault::{Correct, Fault, Outcome, others_have_a_turn};
use crate::writes::fault;

const ALL: NonZeroU32 = NonZeroU32::MAX;

fault!(SweepIsStrict {
    async fn delete_expired(
        &self,
        store: &Correct,
        before: UtcDateTime,
        batch: NonZeroU32,
    ) -> Outcome<u64> {
        store.delete_expired(before - Duration::MICROSECOND, batch).await
    }
});

fault!(SweepIsEager {
    async fn delete_expired(
        &self,
        store: &Correct,
        before: UtcDateTime,
        batch: NonZeroU32,
    ) -> Outcome<u64> {
        let later = before.checked_add(Duration::MICROSECOND).unwrap_or(before);
        store.delete_expired(later, batch).await
    }
});

fault!(SweepComparesSeconds {
    async fn delete_expired(
        &self,
        store: &Correct,
        before: UtcDateTime,
        batch: NonZeroU32,
    ) -> Outcome<u64> {
        let seconds = before.replace_nanosecond(999_999_000).unwrap();
        store.delete_expired(seconds, batch).await
    }
});

fault!(SweepIgnoresBatch {
    async fn delete_expired(
        &self,
        store: &Correct,
        before: UtcDateTime,
        _: NonZeroU32,
    ) -> Outcome<u64> {
        store.delete_expired(before, ALL).await
    }
});

fault!(SweepCutsTheCount {
    async fn delete_expired(
        &self,
        store: &Correct,
        before: UtcDateTime,
        batch: NonZeroU32,
    ) -> Outcome<u64> {
        store.delete_expired(before, batch).await.map(|count| count.min(1))
    }
});

fault!(SweepAlwaysCountsTheBatch {
    async fn delete_expired(
        &self,
        store: &Correct,
        before: UtcDateTime,
        batch: NonZeroU32,
    ) -> Outcome<u64> {
        store.delete_expired(before, batch).await?;
        Ok(u64::from(batch.get()))
    }
});

fault!(SweepRefusesLargeBatches {
    async fn delete_expired(
        &self,
        store: &Correct,
        before: UtcDateTime,
        batch: NonZeroU32,
    ) -> Outcome<u64> {
        match i32::try_from(batch.get()) {
            Ok(_) => store.delete_expired(before, batch).await,
            Err(_) => Ok(0),
        }
    }
});

fault!(SweepDeletesLiveRecords {
    async fn delete_expired(
        &self,
        store: &Correct,
        _: UtcDateTime,
        batch: NonZeroU32,
    ) -> Outcome<u64> {
        store.delete_expired(UtcDateTime::MAX, batch).await
    }
});

fault!(SweepDoesNothing {
    async fn delete_expired(&self, _: &Correct, _: UtcDateTime, _: NonZeroU32) -> Outcome<u64> {
        Ok(0)
    }
});

fault!(SessionsAreUnordered {
    async fn sessions_of(
        &self,
        store: &Correct,
        owner: &Principal,
    ) -> Outcome<Vec<SessionSummary>> {
        let mut summaries = store.sessions_of(owner).await?;
        summaries.reverse();
        Ok(summaries)
    }
});

fault!(SessionsAreOrderedAsSigned {
    async fn sessions_of(
        &self,
        store: &Correct,
        owner: &Principal,
    ) -> Outcome<Vec<SessionSummary>> {
        let mut summaries = store.sessions_of(owner).await?;
        summaries.sort_by_key(|summary| summary.id.as_uuid().into_bytes().map(|byte| byte as i8));
        Ok(summaries)
    }
});

fault!(SessionsAreLimited {
    async fn sessions_of(
        &self,
        store: &Correct,
        owner: &Principal,
    ) -> Outcome<Vec<SessionSummary>> {
        let mut summaries = store.sessions_of(owner).await?;
        summaries.truncate(50);
        Ok(summaries)
    }
});

fault!(SummariesLackTheLabel {
    async fn sessions_of(
        &self,
        store: &Correct,
        owner: &Principal,
    ) -> Outcome<Vec<SessionSummary>> {
        let mut summaries = store.sessions_of(owner).await?;
        summaries.iter_mut().for_each(|summary| summary.label = None);
        Ok(summaries)
    }
});

fault!(SummariesLackTheLogIn {
    async fn sessions_of(
        &self,
        store: &Correct,
        owner: &Principal,
    ) -> Outcome<Vec<SessionSummary>> {
        let mut summaries = store.sessions_of(owner).await?;
        for summary in &mut summaries {
            summary.authenticated_at = None;
        }
        Ok(summaries)
    }
});

fault!(RevocationIgnoresTheException {
    async fn delete_all_of(
        &self,
        store: &Correct,
        owner: &Principal,
        _: Option<SessionId>,
    ) -> Outcome<u64> {
        store.delete_all_of(owner, None).await
    }
});

fault!(RevocationCountsTheException {
    async fn delete_all_of(
        &self,
        store: &Correct,
        owner: &Principal,
        except: Option<SessionId>,
    ) -> Outcome<u64> {
        let count = store.delete_all_of(owner, except).await?;
        Ok(count + u64::from(except.is_some()))
    }
});

fault!(RevocationSparesAllForAForeignException {
    async fn delete_all_of(
        &self,
        store: &Correct,
        owner: &Principal,
        except: Option<SessionId>,
    ) -> Outcome<u64> {
        let owned = store.sessions_of(owner).await?;
        match except {
            Some(id) if owned.iter().all(|summary| summary.id != id) => Ok(0),
            _ => store.delete_all_of(owner, except).await,
        }
    }
});

fault!(RevocationHidesTheCount {
    async fn delete_all_of(
        &self,
        store: &Correct,
        owner: &Principal,
        except: Option<SessionId>,
    ) -> Outcome<u64> {
        store.delete_all_of(owner, except).await?;
        Ok(0)
    }
});

fault!(RevocationIsOneByOne {
    const ATOMIC: bool = false;

    async fn delete_all_of(
        &self,
        store: &Correct,
        owner: &Principal,
        except: Option<SessionId>,
    ) -> Outcome<u64> {
        let mut count = 0;
        for summary in store.sessions_of(owner).await? {
            if Some(summary.id) != except {
                store.delete(summary.id).await?;
                count += 1;
                others_have_a_turn().await;
            }
        }
        Ok(count)
    }
});

fault!(SweepIsRacy {
    const ATOMIC: bool = false;

    async fn delete_expired(
        &self,
        store: &Correct,
        before: UtcDateTime,
        batch: NonZeroU32,
    ) -> Outcome<u64> {
        // Everything that could be expired belongs to a known principal or lies in the first records.
        let mut candidates = Vec::new();
        for n in 0..130 {
            let id = session_conformance::id(n);
            let record = store.load(id).await?;
            candidates.extend(record.filter(|record| record.expires_at <= before));
        }
        candidates.sort_by_key(|record| record.expires_at);
        candidates.truncate(batch.get() as usize);
        others_have_a_turn().await;
        for record in &candidates {
            store.delete(record.id).await?;
        }
        Ok(candidates.len() as u64)
    }
});

/// Sweeps in another order than that of the deadlines.
#[derive(Debug, Default)]
pub struct SweepGoesByCreation {
    created: Mutex<Vec<SessionId>>,
}

#[async_trait::async_trait]
impl Fault for SweepGoesByCreation {
    async fn create(&self, store: &Correct, record: &SessionRecord) -> Outcome<CreateOutcome> {
        self.created.lock().unwrap().push(record.id);
        store.create(record).await
    }

    async fn delete_expired(
        &self,
        store: &Correct,
        before: UtcDateTime,
        batch: NonZeroU32,
    ) -> Outcome<u64> {
        let created = self.created.lock().unwrap().clone();
        let mut count = 0;
        for id in created {
            let record = store.load(id).await?;
            if count < u64::from(batch.get()) && record.is_some_and(|r| r.expires_at <= before) {
                store.delete(id).await?;
                count += 1;
            }
        }
        Ok(count)
    }
}

/// Lists sessions as they were when they were created.
#[derive(Debug, Default)]
pub struct SessionsAreStale {
    created: Mutex<Vec<SessionRecord>>,
}

#[async_trait::async_trait]
impl Fault for SessionsAreStale {
    async fn create(&self, store: &Correct, record: &SessionRecord) -> Outcome<CreateOutcome> {
        let outcome = store.create(record).await?;
        if outcome == CreateOutcome::Created {
            self.created.lock().unwrap().push(record.clone());
        }
        Ok(outcome)
    }

    async fn sessions_of(&self, _: &Correct, owner: &Principal) -> Outcome<Vec<SessionSummary>> {
        let created = self.created.lock().unwrap();
        let owned = created
            .iter()
            .filter(|record| record.principal.as_ref() == Some(owner));
        let mut summaries: Vec<_> = owned.map(SessionRecord::summary).collect();
        summaries.sort_by_key(|summary| summary.id);
        Ok(summaries)
    }
}
