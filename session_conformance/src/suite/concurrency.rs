//! Each operation is atomic, however many run at once.

use std::sync::Arc;

use session::store::{
    CreateOutcome, Extension, ReplaceOutcome, Revision, SessionRecord, TouchOutcome,
};

use crate::expect::{expect, expect_record, require};
use crate::record::{id, next, principal};
use crate::tasks::{both, side_by_side};
use crate::{RecordBuilder, StoreUnderTest, after};

/// How often a race is repeated.
const ROUNDS: u64 = 30;
/// How many tasks race with each other.
const RIVALS: u64 = 8;

/// The record is that of the one who was told so.
pub async fn of_many_creators_of_one_id_one_succeeds(store: StoreUnderTest) {
    let promise = "of many `create` of one id exactly one is `Created`, and its record stays";
    for round in 0..ROUNDS {
        let rivals = (0..RIVALS).map(|rival| {
            let record = RecordBuilder::complete(rival).id(id(round)).build();
            let store = store.clone();
            async move { (store.create(&record).await, record) }
        });
        let outcomes = side_by_side(rivals).await;
        let winners: Vec<_> = outcomes
            .iter()
            .filter(|(outcome, _)| *outcome == CreateOutcome::Created)
            .collect();
        expect(promise, 1, winners.len());
        store.holds(promise, &winners[0].1).await;
    }
}

/// The record is that of the one who was told so.
pub async fn of_many_writers_of_one_revision_one_succeeds(store: StoreUnderTest) {
    let promise = "of many `replace` with one expected revision exactly one is `Replaced`";
    for round in 0..ROUNDS {
        let base = store.given(RecordBuilder::new(round)).await;
        let rivals = (0..RIVALS).map(|rival| {
            let record = next(&base, &format!(r#"{{"writer":{rival}}}"#));
            let store = store.clone();
            async move { (store.replace(&record, Revision::FIRST).await, record) }
        });
        let outcomes = side_by_side(rivals).await;
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

/// Read, write if nobody else wrote, else again: nothing is lost.
pub async fn writers_that_try_again_lose_nothing(store: StoreUnderTest) {
    const TIMES: u64 = 20;
    let promise = "of writers that try again after a conflict, each write is kept once";
    store.given(RecordBuilder::new(1).state("0")).await;
    let writers = (0..RIVALS).map(|_| {
        let store = store.clone();
        async move {
            for _ in 0..TIMES {
                increment(&store, promise).await;
            }
        }
    });
    side_by_side(writers).await;
    let actual = store.load(id(1)).await.expect("nobody deleted it");
    expect(
        promise,
        (RIVALS * TIMES).to_string(),
        actual.state.as_json().to_owned(),
    );
    expect(promise, 1 + RIVALS * TIMES, actual.revision.as_i64() as u64);
}

/// Increments the number that is the state of the record number 1.
async fn increment(store: &StoreUnderTest, promise: &str) {
    // Each conflict is somebody else's success, of which there are at most so many.
    for _ in 0..10_000 {
        let record = store.load(id(1)).await.expect("nobody deletes it");
        let number: u64 = record.state.as_json().parse().expect("it is a number");
        let newer = next(&record, &(number + 1).to_string());
        match store.replace(&newer, record.revision).await {
            ReplaceOutcome::Replaced => return,
            ReplaceOutcome::Conflict => {}
            ReplaceOutcome::Gone => expect(promise, "a record", "`Gone`"),
        }
    }
    expect(promise, "one of 10,000 attempts succeeds", "conflicts only");
}

/// Whoever comes first, the record is gone in the end.
pub async fn a_write_never_resurrects(store: StoreUnderTest) {
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

/// Whoever comes first, the record is gone in the end.
pub async fn a_touch_never_resurrects(store: StoreUnderTest) {
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

/// Whoever comes first: nothing, or the new record whole.
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

/// The later deadline stays, in whatever order the two come.
pub async fn a_touch_beside_a_replacement_keeps_the_later_deadline(store: StoreUnderTest) {
    let promise = "`touch` beside a `replace` loses neither";
    for round in 0..ROUNDS {
        let base = store.given(RecordBuilder::new(round)).await;
        // In odd rounds the touch has the later deadline, in even ones the replacement.
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

/// Of many touches the latest deadline stays.
pub async fn of_many_touches_the_latest_deadline_stays(store: StoreUnderTest) {
    let promise = "of many `touch` the latest deadline stays";
    for round in 0..ROUNDS {
        let mut record = store.given(RecordBuilder::new(round)).await;
        // An odd factor modulo eight: the order differs from round to round.
        let deadline = |rival: u64| 100_000 + 10_000 * ((rival * 3 + round) % RIVALS) as i64;
        let touches = (0..RIVALS).map(|rival| touch(&store, record.id, deadline(rival)));
        let outcomes = side_by_side(touches.collect::<Vec<_>>()).await;
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

/// Readers see the record before or after a write, never half of each.
pub async fn readers_see_whole_records(store: StoreUnderTest) {
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
    let writer = {
        let store = store.clone();
        async move {
            for pair in versions.windows(2) {
                _ = store.replace(&pair[1], pair[0].revision).await;
            }
        }
    };
    let reader = {
        let store = store.clone();
        async move {
            for _ in 0..200 {
                let actual = store.load(id(1)).await.expect("nobody deletes it");
                let expected = known
                    .iter()
                    .find(|version| version.revision == actual.revision);
                expect_record(promise, expected, Some(&actual));
            }
        }
    };
    both(writer, reader).await;
}

/// The numbers of all sweepers together are the number of records.
pub async fn several_sweepers_count_each_record_once(store: StoreUnderTest) {
    const RECORDS: u64 = 120;
    let promise = "several sweepers remove all expired records, and count each once";
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
            // A batch that found nothing may have met rivals only: so do not stop at it.
            for _ in 0..RECORDS {
                removed += store.delete_expired(after(9_999), batch).await;
            }
            removed
        }
    });
    let removed: u64 = side_by_side(sweepers).await.into_iter().sum();
    expect(promise, RECORDS, removed);
    for n in 0..RECORDS {
        store.holds_nothing(promise, id(n)).await;
    }
    store.holds(promise, &live).await;
}

/// A session that was extended in time is alive; one that was not is gone.
pub async fn a_sweeper_beside_a_touch_decides_one_way(store: StoreUnderTest) {
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

/// What was created before is gone; what was created after is there; nothing is in between.
pub async fn creations_beside_a_revocation_are_whole_or_absent(store: StoreUnderTest) {
    let promise =
        "`delete_all_of` beside `create` counts what it removes, and leaves the rest whole";
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
                side_by_side(created.into_iter().map(|record| {
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

/// Two that sign out everywhere remove each session once.
pub async fn two_revocations_count_each_session_once(store: StoreUnderTest) {
    let promise = "two `delete_all_of` count each session once";
    for _ in 0..ROUNDS {
        for n in 0..RIVALS {
            store.given(RecordBuilder::new(n).principal("ada")).await;
        }
        let (a, b) = both(delete_all(&store), delete_all(&store)).await;
        expect(promise, RIVALS, a + b);
        expect(promise, vec![], store.ids_of("ada").await);
    }
}

/// A slow writer does not bring back what was signed out everywhere.
pub async fn a_write_beside_a_revocation_never_resurrects(store: StoreUnderTest) {
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

/// The sessions of a principal are listed as they were at one moment.
pub async fn a_session_that_changes_hands_is_never_listed_torn(store: StoreUnderTest) {
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
    let writer = {
        let store = store.clone();
        async move {
            for pair in versions.windows(2) {
                _ = store.replace(&pair[1], pair[0].revision).await;
            }
        }
    };
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

/// Many sessions live through all operations at once, and none notices the others.
pub async fn sessions_side_by_side_do_not_disturb_each_other(store: StoreUnderTest) {
    let lives = (0..32).map(|n| {
        let store = store.clone();
        async move { live(&store, n).await }
    });
    side_by_side(lives).await;
}

/// Everything that a session may go through, alone.
async fn live(store: &StoreUnderTest, n: u64) {
    let promise = "operations on one record do not depend on those on others";
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

fn touch(
    store: &StoreUnderTest,
    id: session::SessionId,
    seconds: i64,
) -> impl Future<Output = TouchOutcome> + Send + use<> {
    let store = store.clone();
    let extension = Extension {
        last_active_at: after(seconds / 10_000),
        expires_at: after(seconds),
    };
    async move { store.touch(id, extension).await }
}

fn delete(
    store: &StoreUnderTest,
    id: session::SessionId,
) -> impl Future<Output = ()> + Send + use<> {
    let store = store.clone();
    async move { store.delete(id).await }
}

fn delete_all(store: &StoreUnderTest) -> impl Future<Output = u64> + Send + use<> {
    let store = store.clone();
    async move { store.delete_all_of(&principal("ada"), None).await }
}
