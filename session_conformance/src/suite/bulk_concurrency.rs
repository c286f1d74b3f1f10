//! Each operation on many records is atomic, whatever runs in parallel.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use session::SessionId;
use session::store::{CreateOutcome, Revision, SessionRecord, TouchOutcome};

use super::all_sessions;
use super::concurrency::{RIVALS, ROUNDS};
use super::cutoff::{BATCH, cut_off};
use super::origins::ORIGIN;
use super::owned::{create, delete_all, delete_origin, hammer, replace, replace_in_turn, touch};
use crate::expect::{expect, require};
use crate::record::{RecordBuilder, after, id, next, principal};
use crate::store::StoreUnderTest;
use crate::tasks::{both, in_parallel};

/// The number of expired records.
const EXPIRED: u64 = 120;

/// Checks that the counts of several sweepers add up to the number of expired records.
pub async fn parallel_sweeps_count_each_record_once(store: StoreUnderTest) {
    let promise = "parallel `delete_expired` remove all expired records, and count each once";
    for (n, seconds) in (0..EXPIRED).zip(0..) {
        let record = RecordBuilder::new(n).expires_at(after(seconds));
        store.given(record).await;
    }
    let live = store.given(RecordBuilder::new(EXPIRED)).await;
    let sweepers = (1..=4).map(|batch| sweep_repeatedly(store.clone(), batch));
    let removed: u64 = in_parallel(sweepers).await.into_iter().sum();
    expect(promise, EXPIRED, removed);
    for n in 0..EXPIRED {
        store.holds_nothing(promise, id(n)).await;
    }
    store.holds(promise, &live).await;
}

/// Sweeps in small batches. An empty batch does not mean that nothing is left: its records may be
/// locked by rivals.
async fn sweep_repeatedly(store: StoreUnderTest, batch: u32) -> u64 {
    let mut removed = 0;
    for _ in 0..EXPIRED {
        removed += store.delete_expired(after(9_999), batch).await;
    }
    removed
}

/// Checks that a record is either extended or swept, and that both operations agree on it.
pub async fn a_sweep_beside_a_touch_removes_or_spares_the_record(store: StoreUnderTest) {
    let promise = "a record is extended by `touch` or removed by `delete_expired`, not both";
    for round in 0..ROUNDS {
        let record = RecordBuilder::new(round).expires_at(after(10));
        let record = store.given(record).await;
        let swept = store.clone();
        let sweeper = async move { swept.delete_expired(after(20), 10).await };
        let (touched, removed) = both(touch(&store, &record, 900_000), sweeper).await;
        let alive = store.load(record.id).await.is_some();
        let actual = (touched, removed, alive);
        let possible = [
            (TouchOutcome::Touched, 0, true),
            (TouchOutcome::Gone, 1, false),
        ];
        let expected = "touched, 0 removed and alive; or gone, 1 removed and not alive";
        require(promise, possible.contains(&actual), expected, &actual);
        store.delete(record.id, None).await;
    }
}

/// Checks that each created session is either complete or revoked and counted.
pub async fn creations_beside_a_revocation_are_whole_or_absent(store: StoreUnderTest) {
    let promise = "`delete_all_of` beside `create` counts what it removes and changes nothing else";
    for round in 0..ROUNDS {
        let numbers = round * RIVALS..(round + 1) * RIVALS;
        let records = numbers.map(|n| RecordBuilder::complete(n).principal("ada").build());
        let records: Vec<_> = records.collect();
        let creations: Vec<_> = records.iter().map(|it| create(&store, it)).collect();
        let (created, removed) = both(in_parallel(creations), delete_all(&store)).await;
        expect(
            promise,
            vec![CreateOutcome::Created; records.len()],
            created,
        );
        let left = left_of(promise, &store, &records).await;
        expect(promise, RIVALS - removed, left.len() as u64);
        expect(promise, left, store.ids_of("ada").await);
        _ = delete_all(&store).await;
    }
}

/// Returns the ids of the stored records, and requires that these are unchanged.
async fn left_of(
    promise: &str,
    store: &StoreUnderTest,
    records: &[Arc<SessionRecord>],
) -> Vec<SessionId> {
    let mut left = Vec::new();
    for record in records {
        if store.load(record.id).await.is_some() {
            store.holds(promise, record).await;
            left.push(record.id);
        }
    }
    left
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
        let base = RecordBuilder::new(round).principal("ada");
        let base = store.given(base).await;
        let writer = replace(&store, &next(&base, "{}"), base.revision);
        let (_, removed) = both(writer, delete_all(&store)).await;
        expect(promise, 1, removed);
        store.holds_nothing(promise, base.id).await;
    }
}

/// Checks that the counts of two revocations of an origin add up to the number of sessions.
pub async fn parallel_revocations_of_an_origin_count_each_session_once(store: StoreUnderTest) {
    let promise = "two parallel `delete_all_of_origin` count each session once";
    for _ in 0..ROUNDS {
        for n in 0..RIVALS {
            store.given(of_origin(RecordBuilder::new(n))).await;
        }
        let (a, b) = both(delete_origin(&store), delete_origin(&store)).await;
        expect(promise, RIVALS, a + b);
        expect(promise, vec![], store.ids_of("ada").await);
    }
}

/// Checks that each created session is either complete or revoked and counted.
pub async fn creations_beside_a_revocation_of_their_origin_are_whole_or_absent(
    store: StoreUnderTest,
) {
    let promise =
        "`delete_all_of_origin` beside `create` counts what it removes and changes nothing";
    for round in 0..ROUNDS {
        let numbers = round * RIVALS..(round + 1) * RIVALS;
        let records = numbers.map(|n| of_origin(RecordBuilder::complete(n)).build());
        let records: Vec<_> = records.collect();
        let creations: Vec<_> = records.iter().map(|it| create(&store, it)).collect();
        let (_, removed) = both(in_parallel(creations), delete_origin(&store)).await;
        let left = left_of(promise, &store, &records).await;
        expect(promise, RIVALS - removed, left.len() as u64);
        expect(promise, left.len() as u64, delete_origin(&store).await);
    }
}

/// Checks that a slow writer does not bring back a session whose origin was revoked.
pub async fn a_replacement_beside_a_revocation_of_its_origin_never_resurrects_the_session(
    store: StoreUnderTest,
) {
    let promise = "`replace` beside a `delete_all_of_origin` leaves no record";
    for round in 0..ROUNDS {
        let base = store.given(of_origin(RecordBuilder::new(round))).await;
        let writer = replace(&store, &next(&base, "{}"), base.revision);
        let (_, removed) = both(writer, delete_origin(&store)).await;
        expect(promise, 1, removed);
        store.holds_nothing(promise, base.id).await;
    }
}

fn of_origin(record: RecordBuilder) -> RecordBuilder {
    record.principal("ada").origin(Some(ORIGIN))
}

/// Checks that a list shows a session before or after a change of its principal, and never a
/// mixture.
pub async fn listings_beside_replacements_show_whole_summaries(store: StoreUnderTest) {
    let promise = "`sessions_of` beside a `replace` lists the session before or after it";
    let versions: Vec<_> = (0..40).map(version).collect();
    let of_ada = versions.iter().step_by(2);
    let summaries: Vec<_> = of_ada.map(|record| record.summary()).collect();
    store.given(versions[0].clone()).await;
    let writer = replace_in_turn(&store, versions);
    let reader = async move {
        for _ in 0..200 {
            let actual = store.sessions_of(&principal("ada")).await;
            let are_whole = actual.iter().all(|summary| summaries.contains(summary));
            let is_possible = are_whole && actual.len() <= 1;
            require(promise, is_possible, "a summary of one version", &actual);
        }
    };
    both(writer, reader).await;
}

/// Returns a version of one session, which belongs to `ada` and `bob` in turn.
fn version(n: u64) -> Arc<SessionRecord> {
    let owner = if n.is_multiple_of(2) { "ada" } else { "bob" };
    let record = RecordBuilder::complete(n).id(id(1)).principal(owner);
    record.revision(1 + n as i64).build()
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
        store.replaced(promise, &newer, record.revision).await;
        let extended = RecordBuilder::from(newer).last_active_at(after(100 + step));
        record = extended.expires_at(after(100_000 + step)).build();
        store.touched(promise, &record).await;
        store.holds(promise, &record).await;
        let listed = store.ids_of(&format!("principal-{n}")).await;
        expect(promise, vec![record.id], listed);
    }
    store.delete(record.id, None).await;
    store.holds_nothing(promise, record.id).await;
}

/// Checks that no call leaves a session that eight clients write and extend without a pause.
pub async fn a_cutoff_ends_a_session_that_is_written_all_the_time(store: StoreUnderTest) {
    let promise = "`delete_created_until` removes a record while many clients write it";
    for round in 0..2 * ROUNDS {
        let record = store.given(RecordBuilder::new(round)).await;
        let stop = Arc::new(AtomicBool::new(false));
        let writers = (0..RIVALS).map(|n| hammer(&store, &record, n % 2 == 0, &stop));
        let end = {
            let store = store.clone();
            async move { cut_off(&store, after(0), BATCH).await }
        };
        let cutoff = end_while_written(store.clone(), record.id, stop.clone(), end);
        let (outcome, _) = both(cutoff, in_parallel(writers.collect::<Vec<_>>())).await;
        expect(promise, (1, None), outcome);
    }
}

/// Checks that no walk leaves out a session that eight clients write and extend without a pause.
pub async fn a_walk_returns_a_session_that_is_written_all_the_time(store: StoreUnderTest) {
    let promise = "`all_sessions` returns a record while many clients write it";
    for round in 0..ROUNDS {
        let record = store.given(RecordBuilder::new(round)).await;
        let stop = Arc::new(AtomicBool::new(false));
        let writers = (0..RIVALS).map(|n| hammer(&store, &record, n % 2 == 0, &stop));
        let walk = {
            let (store, id) = (store.clone(), record.id);
            async move { u64::from(all_sessions::ids(&store, BATCH).await.contains(&id)) }
        };
        let walk = end_while_written(store.clone(), record.id, stop.clone(), walk);
        let ((returned, _), _) = both(walk, in_parallel(writers.collect::<Vec<_>>())).await;
        expect(promise, 1, returned);
    }
}

/// Checks that no call leaves a session that eight clients write and extend without a pause.
pub async fn a_revocation_of_an_origin_ends_a_session_that_is_written_all_the_time(
    store: StoreUnderTest,
) {
    let promise = "`delete_all_of_origin` removes a record while many clients write it";
    for round in 0..2 * ROUNDS {
        let record = store.given(of_origin(RecordBuilder::new(round))).await;
        let stop = Arc::new(AtomicBool::new(false));
        let writers = (0..RIVALS).map(|n| hammer(&store, &record, n % 2 == 0, &stop));
        let end = delete_origin(&store);
        let revocation = end_while_written(store.clone(), record.id, stop.clone(), end);
        let (outcome, _) = both(revocation, in_parallel(writers.collect::<Vec<_>>())).await;
        expect(promise, (1, None), outcome);
    }
}

/// Waits until the record is written, and ends it. Returns the number of removed records, and the
/// record if it is still there.
async fn end_while_written(
    store: StoreUnderTest,
    id: SessionId,
    stop: Arc<AtomicBool>,
    end: impl Future<Output = u64>,
) -> (u64, Option<Arc<SessionRecord>>) {
    let is_new = |record: &Arc<SessionRecord>| record.revision == Revision::FIRST;
    while store.load(id).await.is_some_and(|record| is_new(&record)) {
        tokio::task::yield_now().await;
    }
    let removed = end.await;
    let left = store.load(id).await;
    stop.store(true, Ordering::Relaxed);
    (removed, left)
}
