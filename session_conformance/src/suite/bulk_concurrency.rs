//! Each operation on many records is atomic, whatever runs in parallel.

use std::sync::Arc;

use session::store::{Extension, ReplaceOutcome, SessionRecord, TouchOutcome};

use super::concurrency::{RIVALS, ROUNDS, replace_in_turn, touch};
use crate::expect::{expect, require};
use crate::record::{RecordBuilder, after, id, next, principal};
use crate::store::StoreUnderTest;
use crate::tasks::{both, in_parallel};

/// Checks that the counts of several sweepers add up to the number of expired records.
pub async fn parallel_sweeps_count_each_record_once(store: StoreUnderTest) {
    const RECORDS: u64 = 120;
    let promise = "parallel `delete_expired` remove all expired records, and count each once";
    for n in 0..RECORDS {
        store
            .given(RecordBuilder::new(n).expires_at(after(n as i64)))
            .await;
    }
    let live = store.given(RecordBuilder::new(RECORDS)).await;
    let sweepers = (1..=4).map(|batch| {
        let store = store.clone();
        async move {
            let mut removed = 0;
            // An empty batch does not mean that nothing is left: its records may be locked by
            // rivals.
            for _ in 0..RECORDS {
                removed += store.delete_expired(after(9_999), batch).await;
            }
            removed
        }
    });
    let removed: u64 = in_parallel(sweepers).await.into_iter().sum();
    expect(promise, RECORDS, removed);
    for n in 0..RECORDS {
        store.holds_nothing(promise, id(n)).await;
    }
    store.holds(promise, &live).await;
}

/// Checks that a record is either extended or swept, and that both operations agree on it.
pub async fn a_sweep_beside_a_touch_removes_or_spares_the_record(store: StoreUnderTest) {
    let promise = "a record is extended by `touch` or removed by `delete_expired`, not both";
    for round in 0..ROUNDS {
        let record = store
            .given(RecordBuilder::new(round).expires_at(after(10)))
            .await;
        let sweeper = {
            let store = store.clone();
            async move { store.delete_expired(after(20), 10).await }
        };
        let (touched, removed) = both(touch(&store, record.id, 900_000), sweeper).await;
        let alive = store.load(record.id).await.is_some();
        let actual = (touched, removed, alive);
        let consistent =
            actual == (TouchOutcome::Touched, 0, true) || actual == (TouchOutcome::Gone, 1, false);
        let expected = "touched, 0 removed and alive; or gone, 1 removed and not alive";
        require(promise, consistent, expected, &actual);
        store.delete(record.id).await;
    }
}

/// Checks that each created session is either complete or revoked and counted.
pub async fn creations_beside_a_revocation_are_whole_or_absent(store: StoreUnderTest) {
    let promise = "`delete_all_of` beside `create` counts what it removes and changes nothing else";
    for round in 0..ROUNDS {
        let created: Vec<_> = (0..RIVALS)
            .map(|rival| {
                RecordBuilder::complete(round * RIVALS + rival)
                    .principal("ada")
                    .build()
            })
            .collect();
        let creators = {
            let (store, created) = (store.clone(), created.clone());
            async move {
                in_parallel(created.into_iter().map(|record| {
                    let store = store.clone();
                    async move { store.given(record).await }
                }))
                .await
            }
        };
        let (_, removed) = both(creators, delete_all(&store)).await;
        let mut left = Vec::new();
        for record in &created {
            if store.load(record.id).await.is_some() {
                store.holds(promise, record).await;
                left.push(record.id);
            }
        }
        expect(promise, RIVALS - removed, left.len() as u64);
        expect(promise, left, store.ids_of("ada").await);
        _ = delete_all(&store).await;
    }
}

/// Checks that the counts of two revocations add up to the number of sessions.
pub async fn parallel_revocations_count_each_session_once(store: StoreUnderTest) {
    let promise = "two parallel `delete_all_of` count each session once";
    for _ in 0..ROUNDS {
        for n in 0..RIVALS {
            store.given(RecordBuilder::new(n).principal("ada")).await;
        }
        let (a, b) = both(delete_all(&store), delete_all(&store)).await;
        expect(promise, RIVALS, a + b);
        expect(promise, vec![], store.ids_of("ada").await);
    }
}

/// Checks that a slow writer does not bring back a revoked session.
pub async fn a_replacement_beside_a_revocation_never_resurrects_the_session(store: StoreUnderTest) {
    let promise = "`replace` beside a `delete_all_of` leaves no record";
    for round in 0..ROUNDS {
        let base = store
            .given(RecordBuilder::new(round).principal("ada"))
            .await;
        let writer = {
            let (store, base) = (store.clone(), base.clone());
            async move { store.replace(&next(&base, "{}"), base.revision).await }
        };
        let (_, removed) = both(writer, delete_all(&store)).await;
        expect(promise, 1, removed);
        store.holds_nothing(promise, base.id).await;
    }
}

/// Checks that a list shows a session before or after a change of its principal, and never a
/// mixture.
pub async fn listings_beside_replacements_show_whole_summaries(store: StoreUnderTest) {
    let promise = "`sessions_of` beside a `replace` lists the session before or after it";
    let versions: Vec<Arc<SessionRecord>> = (0..40)
        .map(|n| {
            let owner = if n % 2 == 0 { "ada" } else { "bob" };
            RecordBuilder::complete(n)
                .id(id(1))
                .principal(owner)
                .revision(1 + n as i64)
                .build()
        })
        .collect();
    let summaries: Vec<_> = versions
        .iter()
        .step_by(2)
        .map(|record| record.summary())
        .collect();
    store.given(versions[0].clone()).await;
    let writer = replace_in_turn(&store, versions);
    let reader = {
        let store = store.clone();
        async move {
            for _ in 0..200 {
                let actual = store.sessions_of(&principal("ada")).await;
                let whole = actual.iter().all(|summary| summaries.contains(summary));
                require(
                    promise,
                    whole && actual.len() <= 1,
                    "a summary of one version",
                    &actual,
                );
            }
        }
    };
    both(writer, reader).await;
}

/// Checks that 32 sessions go through all operations in parallel without an effect on each other.
pub async fn operations_on_different_records_are_independent(store: StoreUnderTest) {
    let lives = (0..32).map(|n| {
        let store = store.clone();
        async move { live_through_all_operations(&store, n).await }
    });
    in_parallel(lives).await;
}

/// Runs all operations that a session may go through.
async fn live_through_all_operations(store: &StoreUnderTest, n: u64) {
    let promise = "operations on one record do not depend on those on other records";
    let mut record = store.given(RecordBuilder::complete(n)).await;
    for step in 0..5 {
        let newer = next(&record, &format!(r#"{{"step":{step}}}"#));
        let outcome = store.replace(&newer, record.revision).await;
        expect(promise, ReplaceOutcome::Replaced, outcome);
        record = newer;
        Arc::make_mut(&mut record).expires_at = after(100_000 + step);
        Arc::make_mut(&mut record).last_active_at = after(100 + step);
        let extension = Extension {
            last_active_at: record.last_active_at,
            expires_at: record.expires_at,
        };
        expect(
            promise,
            TouchOutcome::Touched,
            store.touch(record.id, extension).await,
        );
        store.holds(promise, &record).await;
        expect(
            promise,
            vec![record.id],
            store.ids_of(&format!("principal-{n}")).await,
        );
    }
    store.delete(record.id).await;
    store.holds_nothing(promise, record.id).await;
}

/// Deletes all sessions of `ada`; returns their number.
fn delete_all(store: &StoreUnderTest) -> impl Future<Output = u64> + Send + use<> {
    let store = store.clone();
    async move { store.delete_all_of(&principal("ada"), None).await }
}
