//! Each operation on a record is atomic, whatever runs in parallel.

use std::sync::Arc;

use session::store::{CreateOutcome, ReplaceOutcome, Revision, SessionRecord, TouchOutcome};

use super::owned::{create, delete, delete_as_it_is, replace, replace_in_turn, touch};
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
        let build = |rival| RecordBuilder::complete(rival).id(id(round)).build();
        let records: Vec<_> = (0..RIVALS).map(build).collect();
        let outcomes = in_parallel(records.iter().map(|it| create(&store, it))).await;
        let winner = expect_one(promise, &outcomes, CreateOutcome::Created);
        store.holds(promise, &records[winner]).await;
    }
}

/// Checks that the stored record is that of the replacement which succeeded, and that all others
/// conflict.
pub async fn exactly_one_of_many_parallel_replacements_succeeds(store: StoreUnderTest) {
    let promise = "of many parallel `replace` of one revision exactly one is `Replaced`";
    for round in 0..ROUNDS {
        let base = store.given(RecordBuilder::new(round)).await;
        let build = |rival| next(&base, &format!(r#"{{"writer":{rival}}}"#));
        let records: Vec<_> = (0..RIVALS).map(build).collect();
        let rivals = records.iter();
        let rivals = rivals.map(|it| replace(&store, it, Revision::FIRST));
        let outcomes = in_parallel(rivals).await;
        let winner = expect_one(promise, &outcomes, ReplaceOutcome::Replaced);
        store.holds(promise, &records[winner]).await;
        let conflicts = outcomes
            .iter()
            .filter(|it| **it == ReplaceOutcome::Conflict);
        expect(promise, RIVALS - 1, conflicts.count() as u64);
    }
}

/// Requires that exactly one outcome is the wanted one. Returns its position.
fn expect_one<T: PartialEq>(promise: &str, outcomes: &[T], wanted: T) -> usize {
    let mut positions = (0..outcomes.len()).filter(|n| outcomes[*n] == wanted);
    let first = positions.next();
    expect(promise, 1, usize::from(first.is_some()) + positions.count());
    first.unwrap_or_default()
}

/// Checks that load, replace and try again counts every increment of parallel writers.
pub async fn replacements_retried_after_conflicts_lose_no_write(store: StoreUnderTest) {
    const TIMES: u64 = 20;
    let promise = "each write that is retried after a conflict is applied exactly once";
    store.given(RecordBuilder::new(1).state("0")).await;
    let writers = (0..RIVALS).map(|_| increment_repeatedly(store.clone(), promise, TIMES));
    in_parallel(writers).await;
    let total = RIVALS * TIMES;
    let actual = store.load(id(1)).await.expect("the record was not deleted");
    let state = actual.state.as_json().to_owned();
    expect(promise, total.to_string(), state);
    expect(promise, 1 + total, actual.revision.as_i64() as u64);
}

async fn increment_repeatedly(store: StoreUnderTest, promise: &'static str, times: u64) {
    for _ in 0..times {
        increment(&store, promise).await;
    }
}

/// Increments the number that is the state of record 1.
async fn increment(store: &StoreUnderTest, promise: &str) {
    // Each conflict means that another writer succeeded, which happens 160 times at most.
    for _ in 0..10_000 {
        let record = store.load(id(1)).await.expect("the record is not deleted");
        let number: Result<u64, _> = record.state.as_json().parse();
        let number = number.expect("the state is a number");
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
        let base = RecordBuilder::new(round).principal("ada");
        let base = store.given(base).await;
        let writer = replace(&store, &next(&base, "{}"), base.revision);
        let (outcome, _) = both(writer, delete(&store, base.id)).await;
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
        _ = both(touch(&store, &base, 900_000), delete(&store, base.id)).await;
        store.holds_nothing(promise, base.id).await;
        expect(promise, vec![], store.ids_of("ada").await);
    }
}

/// Checks that the record is either complete or gone, whichever operation is first.
pub async fn a_creation_beside_a_deletion_is_whole_or_absent(store: StoreUnderTest) {
    let promise = "`create` beside a `delete` leaves the new record or none";
    for round in 0..ROUNDS {
        let record = RecordBuilder::complete(round).principal("ada").build();
        let creator = create(&store, &record);
        let (outcome, _) = both(creator, delete(&store, record.id)).await;
        expect(promise, CreateOutcome::Created, outcome);
        let actual = store.load(record.id).await;
        expect_record(promise, actual.as_ref().and(Some(&record)), actual.as_ref());
        let listed = store.ids_of("ada").await.contains(&record.id);
        expect(promise, actual.is_some(), listed);
        store.delete(record.id, None).await;
    }
}

/// Checks that the later deadline is kept, whichever operation is first.
pub async fn a_touch_beside_a_replacement_keeps_the_later_deadline(store: StoreUnderTest) {
    let promise = "`touch` beside a `replace` applies both";
    for round in 0..ROUNDS {
        let base = store.given(RecordBuilder::new(round)).await;
        let newer = next(&base, r#"{"newer":true}"#);
        // The touch has the later deadline in odd rounds, and the replacement in even ones.
        let (touched, replaced) = match round % 2 {
            1 => (900_000, 500_000),
            _ => (500_000, 900_000),
        };
        let writer = replace(&store, &extended(&newer, replaced), Revision::FIRST);
        let outcomes = both(touch(&store, &base, touched), writer).await;
        let expected = (TouchOutcome::Touched, ReplaceOutcome::Replaced);
        expect(promise, expected, outcomes);
        store.holds(promise, &extended(&newer, 900_000)).await;
    }
}

/// Checks that a touch with the old secret comes before the replacement or has no effect.
pub async fn a_touch_beside_a_renewal_never_extends_the_new_secret(store: StoreUnderTest) {
    let promise = "`touch` with the old secret writes nothing after a `replace` of the secret";
    for round in 0..ROUNDS {
        let base = store.given(RecordBuilder::new(round)).await;
        let renewed = RecordBuilder::from(next(&base, "{}")).secret([7; 32]);
        let renewed = renewed.build();
        let (other, new) = (store.clone(), renewed.clone());
        let writer = async move {
            let outcome = other.replace(&new, Revision::FIRST).await;
            expect(promise, ReplaceOutcome::Replaced, outcome);
            other.load(new.id).await
        };
        let (touched, after_renewal) = both(touch(&store, &base, 900_000), writer).await;
        let expected = match touched {
            TouchOutcome::Touched => extended(&renewed, 900_000),
            outcome => {
                expect(promise, TouchOutcome::Superseded, outcome);
                renewed
            }
        };
        expect_record(promise, Some(&expected), after_renewal.as_ref());
        store.holds(promise, &expected).await;
    }
}

/// Checks that a deletion with the old secret comes before the replacement or has no effect.
pub async fn a_deletion_beside_a_renewal_never_removes_the_new_secret(store: StoreUnderTest) {
    let promise = "`delete` with the old secret removes nothing after a `replace` of the secret";
    for round in 0..ROUNDS {
        let base = store.given(RecordBuilder::new(round)).await;
        let renewed = RecordBuilder::from(next(&base, "{}")).secret([7; 32]);
        let renewed = renewed.build();
        let writer = replace(&store, &renewed, Revision::FIRST);
        let outcomes = both(delete_as_it_is(&store, &base), writer).await;
        let possible = [
            (true, ReplaceOutcome::Gone),
            (false, ReplaceOutcome::Replaced),
        ];
        let expected = "deleted and gone, or not deleted and replaced";
        require(promise, possible.contains(&outcomes), expected, &outcomes);
        match outcomes.0 {
            true => store.holds_nothing(promise, base.id).await,
            false => store.holds(promise, &renewed).await,
        }
    }
}

/// Checks that of many deletions of one record exactly one reports that it removed it.
pub async fn parallel_deletions_remove_the_record_once(store: StoreUnderTest) {
    let promise = "of many parallel `delete` of one record exactly one is `true`";
    for round in 0..ROUNDS {
        let record = store.given(RecordBuilder::new(round)).await;
        let deletions: Vec<_> = (0..RIVALS).map(|_| delete(&store, record.id)).collect();
        let conditional = delete_as_it_is(&store, &record);
        let (mut removed, also) = both(in_parallel(deletions), conditional).await;
        removed.push(also);
        _ = expect_one(promise, &removed, true);
        store.holds_nothing(promise, record.id).await;
    }
}

/// Returns the record with the times that [`touch`] writes.
fn extended(record: &Arc<SessionRecord>, seconds: i64) -> Arc<SessionRecord> {
    let active = RecordBuilder::from(record.clone()).last_active_at(after(seconds / 10_000));
    active.expires_at(after(seconds)).build()
}

/// Checks that the latest of many deadlines is kept, whatever the order of the touches.
pub async fn parallel_touches_keep_the_latest_deadline(store: StoreUnderTest) {
    let promise = "of many parallel `touch` the latest deadline is kept";
    for round in 0..ROUNDS {
        let record = store.given(RecordBuilder::new(round)).await;
        // The factor and the number of rivals have no common divisor, so all deadlines differ.
        let deadline = |rival: u64| 100_000 + 10_000 * ((rival * 3 + round) % RIVALS) as i64;
        let touches = (0..RIVALS).map(|rival| touch(&store, &record, deadline(rival)));
        let outcomes = in_parallel(touches.collect::<Vec<_>>()).await;
        let expected = vec![TouchOutcome::Touched; RIVALS as usize];
        expect(promise, expected, outcomes);
        store.holds(promise, &extended(&record, 170_000)).await;
    }
}

/// Checks that a load returns the record before or after a replacement, and never a mixture.
pub async fn loads_beside_replacements_return_whole_records(store: StoreUnderTest) {
    let promise = "`load` beside a `replace` returns the record before or after it";
    let build = |n| RecordBuilder::complete(n).id(id(1)).revision(1 + n as i64);
    let versions: Vec<_> = (0..40).map(|n| build(n).build()).collect();
    store.given(versions[0].clone()).await;
    let writer = replace_in_turn(&store, versions.clone());
    let reader = async move {
        for _ in 0..200 {
            let actual = store.load(id(1)).await.expect("the record is not deleted");
            let mut versions = versions.iter();
            let expected = versions.find(|version| version.revision == actual.revision);
            expect_record(promise, expected, Some(&actual));
        }
    };
    both(writer, reader).await;
}
