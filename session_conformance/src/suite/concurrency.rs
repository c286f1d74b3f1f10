//! Each operation on a record is atomic, whatever runs in parallel.

use std::sync::Arc;

use session::SessionId;
use session::store::{
    CreateOutcome, Extension, ReplaceOutcome, Revision, SessionRecord, TouchOutcome,
};

use crate::expect::{expect, expect_record, require};
use crate::record::{RecordBuilder, after, id, next};
use crate::store::StoreUnderTest;
use crate::tasks::{both, in_parallel};

/// The number of times that a race is repeated.
pub(super) const ROUNDS: u64 = 30;
/// The number of tasks that race with each other.
pub(super) const RIVALS: u64 = 8;

/// Checks that the stored record is that of the creation which succeeded.
pub async fn exactly_one_of_many_parallel_creations_succeeds(store: StoreUnderTest) {
    let promise =
        "of many parallel `create` of one id exactly one is `Created`, and its record is kept";
    for round in 0..ROUNDS {
        let rivals = (0..RIVALS).map(|rival| {
            let record = RecordBuilder::complete(rival).id(id(round)).build();
            let store = store.clone();
            async move { (store.create(&record).await, record) }
        });
        let outcomes = in_parallel(rivals).await;
        let winners: Vec<_> = outcomes
            .iter()
            .filter(|(outcome, _)| *outcome == CreateOutcome::Created)
            .collect();
        expect(promise, 1, winners.len());
        store.holds(promise, &winners[0].1).await;
    }
}

/// Checks that the stored record is that of the replacement which succeeded, and that all others
/// conflict.
pub async fn exactly_one_of_many_parallel_replacements_succeeds(store: StoreUnderTest) {
    let promise = "of many parallel `replace` of one revision exactly one is `Replaced`";
    for round in 0..ROUNDS {
        let base = store.given(RecordBuilder::new(round)).await;
        let rivals = (0..RIVALS).map(|rival| {
            let record = next(&base, &format!(r#"{{"writer":{rival}}}"#));
            let store = store.clone();
            async move { (store.replace(&record, Revision::FIRST).await, record) }
        });
        let outcomes = in_parallel(rivals).await;
        let (winners, losers): (Vec<_>, Vec<_>) = outcomes
            .into_iter()
            .partition(|(outcome, _)| *outcome == ReplaceOutcome::Replaced);
        expect(promise, 1, winners.len());
        let conflicts = losers
            .iter()
            .all(|(outcome, _)| *outcome == ReplaceOutcome::Conflict);
        require(promise, conflicts, "`Conflict` for all others", &losers);
        store.holds(promise, &winners[0].1).await;
    }
}

/// Checks that load, replace and try again counts every increment of parallel writers.
pub async fn replacements_retried_after_conflicts_lose_no_write(store: StoreUnderTest) {
    const TIMES: u64 = 20;
    let promise = "each write that is retried after a conflict is applied exactly once";
    store.given(RecordBuilder::new(1).state("0")).await;
    let writers = (0..RIVALS).map(|_| {
        let store = store.clone();
        async move {
            for _ in 0..TIMES {
                increment(&store, promise).await;
            }
        }
    });
    in_parallel(writers).await;
    let actual = store.load(id(1)).await.expect("the record was not deleted");
    expect(
        promise,
        (RIVALS * TIMES).to_string(),
        actual.state.as_json().to_owned(),
    );
    expect(promise, 1 + RIVALS * TIMES, actual.revision.as_i64() as u64);
}

/// Increments the number that is the state of record 1.
async fn increment(store: &StoreUnderTest, promise: &str) {
    // Each conflict means that another writer succeeded, which happens 160 times at most.
    for _ in 0..10_000 {
        let record = store.load(id(1)).await.expect("the record is not deleted");
        let number: u64 = record
            .state
            .as_json()
            .parse()
            .expect("the state is a number");
        let newer = next(&record, &(number + 1).to_string());
        match store.replace(&newer, record.revision).await {
            ReplaceOutcome::Replaced => return,
            ReplaceOutcome::Conflict => {}
            ReplaceOutcome::Gone => expect(promise, "a record", "`Gone`"),
        }
    }
    expect(promise, "one of 10,000 attempts succeeds", "conflicts only");
}

/// Checks that the record is gone in the end, whichever operation is first.
pub async fn a_replacement_beside_a_deletion_never_resurrects_the_record(store: StoreUnderTest) {
    let promise = "`replace` beside a `delete` leaves no record";
    for round in 0..ROUNDS {
        let base = store
            .given(RecordBuilder::new(round).principal("ada"))
            .await;
        let writer = {
            let (store, base) = (store.clone(), base.clone());
            async move { store.replace(&next(&base, "{}"), base.revision).await }
        };
        let (outcome, ()) = both(writer, delete(&store, base.id)).await;
        let possible = outcome != ReplaceOutcome::Conflict;
        require(promise, possible, "`Replaced` or `Gone`", &outcome);
        store.holds_nothing(promise, base.id).await;
        expect(promise, vec![], store.ids_of("ada").await);
    }
}

/// Checks that the record is gone in the end, whichever operation is first.
pub async fn a_touch_beside_a_deletion_never_resurrects_the_record(store: StoreUnderTest) {
    let promise = "`touch` beside a `delete` leaves no record";
    for round in 0..ROUNDS {
        let base = store
            .given(RecordBuilder::new(round).principal("ada"))
            .await;
        let (_, ()) = both(touch(&store, base.id, 900_000), delete(&store, base.id)).await;
        store.holds_nothing(promise, base.id).await;
        expect(promise, vec![], store.ids_of("ada").await);
    }
}

/// Checks that the record is either complete or gone, whichever operation is first.
pub async fn a_creation_beside_a_deletion_is_whole_or_absent(store: StoreUnderTest) {
    let promise = "`create` beside a `delete` leaves the new record or none";
    for round in 0..ROUNDS {
        let record = RecordBuilder::complete(round).principal("ada").build();
        let creator = {
            let (store, record) = (store.clone(), record.clone());
            async move { store.create(&record).await }
        };
        let (outcome, ()) = both(creator, delete(&store, record.id)).await;
        expect(promise, CreateOutcome::Created, outcome);
        let actual = store.load(record.id).await;
        expect_record(promise, actual.as_ref().and(Some(&record)), actual.as_ref());
        let listed = store.ids_of("ada").await.contains(&record.id);
        expect(promise, actual.is_some(), listed);
        store.delete(record.id).await;
    }
}

/// Checks that the later deadline is kept, whichever operation is first.
pub async fn a_touch_beside_a_replacement_keeps_the_later_deadline(store: StoreUnderTest) {
    let promise = "`touch` beside a `replace` applies both";
    for round in 0..ROUNDS {
        let base = store.given(RecordBuilder::new(round)).await;
        // The touch has the later deadline in odd rounds, and the replacement in even ones.
        let (touched, replaced) = if round % 2 == 1 {
            (900_000, 500_000)
        } else {
            (500_000, 900_000)
        };
        let newer = RecordBuilder::from(next(&base, r#"{"newer":true}"#))
            .last_active_at(after(replaced / 10_000))
            .expires_at(after(replaced))
            .build();
        let writer = {
            let (store, newer) = (store.clone(), newer.clone());
            async move { store.replace(&newer, Revision::FIRST).await }
        };
        let outcomes = both(touch(&store, base.id, touched), writer).await;
        expect(
            promise,
            (TouchOutcome::Touched, ReplaceOutcome::Replaced),
            outcomes,
        );
        let merged = RecordBuilder::from(newer)
            .last_active_at(after(90))
            .expires_at(after(900_000))
            .build();
        store.holds(promise, &merged).await;
    }
}

/// Checks that the latest of many deadlines is kept, whatever the order of the touches.
pub async fn parallel_touches_keep_the_latest_deadline(store: StoreUnderTest) {
    let promise = "of many parallel `touch` the latest deadline is kept";
    for round in 0..ROUNDS {
        let mut record = store.given(RecordBuilder::new(round)).await;
        // The factor and the number of rivals have no common divisor, so all deadlines differ.
        let deadline = |rival: u64| 100_000 + 10_000 * ((rival * 3 + round) % RIVALS) as i64;
        let touches = (0..RIVALS).map(|rival| touch(&store, record.id, deadline(rival)));
        let outcomes = in_parallel(touches.collect::<Vec<_>>()).await;
        expect(
            promise,
            vec![TouchOutcome::Touched; RIVALS as usize],
            outcomes,
        );
        Arc::make_mut(&mut record).expires_at = after(170_000);
        Arc::make_mut(&mut record).last_active_at = after(17);
        store.holds(promise, &record).await;
    }
}

/// Checks that a load returns the record before or after a replacement, and never a mixture.
pub async fn loads_beside_replacements_return_whole_records(store: StoreUnderTest) {
    let promise = "`load` beside a `replace` returns the record before or after it";
    let versions: Vec<Arc<SessionRecord>> = (0..40)
        .map(|n| {
            RecordBuilder::complete(n)
                .id(id(1))
                .revision(1 + n as i64)
                .build()
        })
        .collect();
    let known = versions.clone();
    store.given(versions[0].clone()).await;
    let writer = replace_in_turn(&store, versions);
    let reader = {
        let store = store.clone();
        async move {
            for _ in 0..200 {
                let actual = store.load(id(1)).await.expect("the record is not deleted");
                let expected = known
                    .iter()
                    .find(|version| version.revision == actual.revision);
                expect_record(promise, expected, Some(&actual));
            }
        }
    };
    both(writer, reader).await;
}

/// Replaces each version of a record by the next one.
pub(super) fn replace_in_turn(
    store: &StoreUnderTest,
    versions: Vec<Arc<SessionRecord>>,
) -> impl Future<Output = ()> + Send + use<> {
    let store = store.clone();
    async move {
        for pair in versions.windows(2) {
            _ = store.replace(&pair[1], pair[0].revision).await;
        }
    }
}

/// Moves the deadline of a record to the time `seconds` after the start.
pub(super) fn touch(
    store: &StoreUnderTest,
    id: SessionId,
    seconds: i64,
) -> impl Future<Output = TouchOutcome> + Send + use<> {
    let store = store.clone();
    let extension = Extension {
        last_active_at: after(seconds / 10_000),
        expires_at: after(seconds),
    };
    async move { store.touch(id, extension).await }
}

/// Deletes a record.
fn delete(store: &StoreUnderTest, id: SessionId) -> impl Future<Output = ()> + Send + use<> {
    let store = store.clone();
    async move { store.delete(id).await }
}
