//! `replace` writes a record if its stored revision is the expected one.

use std::sync::Arc;

use session::store::{Lifetime, ReplaceOutcome, Revision, SessionRecord};

use crate::expect::expect;
use crate::record::{RecordBuilder, after, id, long_ago, next, previous_secret};
use crate::store::StoreUnderTest;

/// Checks that a record is written if its revision is the expected one.
pub async fn replacing_the_expected_revision_succeeds(store: StoreUnderTest) {
    let promise = "`replace` writes if the revision is the expected one";
    let record = store.given(RecordBuilder::new(1)).await;
    let newer = next(&record, r#"{"newer":true}"#);
    let outcome = store.replace(&newer, Revision::FIRST).await;
    expect(promise, ReplaceOutcome::Replaced, outcome);
    store.holds(promise, &newer).await;
}

/// Checks that a record with a newer revision than the expected one is not replaced.
pub async fn replacing_a_newer_revision_conflicts(store: StoreUnderTest) {
    let record = store.given(RecordBuilder::new(1).revision(5)).await;
    let rival = next(&record, r#"{"rival":true}"#);
    for expected in [1, 2, 3, 4] {
        let outcome = store.replace(&rival, Revision::from_i64(expected)).await;
        let promise = "`replace` conflicts with a revision newer than the expected one";
        expect(promise, ReplaceOutcome::Conflict, outcome);
    }
}

/// Checks that revisions are compared for equality, not for order.
pub async fn replacing_an_older_revision_conflicts(store: StoreUnderTest) {
    let record = store.given(RecordBuilder::new(1).revision(5)).await;
    let rival = next(&record, r#"{"rival":true}"#);
    for expected in [6, 7, 50, i64::MAX] {
        let outcome = store.replace(&rival, Revision::from_i64(expected)).await;
        let promise = "`replace` conflicts with a revision older than the expected one";
        expect(promise, ReplaceOutcome::Conflict, outcome);
    }
}

/// Checks that a conflict leaves every field unchanged, even the deadline.
pub async fn a_conflict_changes_nothing(store: StoreUnderTest) {
    let record = store.given(RecordBuilder::new(1).revision(5)).await;
    let rival = RecordBuilder::complete(1).revision(6).build();
    for expected in [4, 6] {
        _ = store.replace(&rival, Revision::from_i64(expected)).await;
        let promise = "`replace` changes nothing if it conflicts";
        store.holds(promise, &record).await;
    }
    let promise = "`replace` adds the session to no principal if it conflicts";
    expect(promise, vec![], store.ids_of("principal-1").await);
}

/// Checks that replacing an unknown record is reported as `Gone` and not as a conflict.
pub async fn replacing_an_unknown_record_reports_gone(store: StoreUnderTest) {
    store.given(RecordBuilder::new(2)).await;
    let outcome = store
        .replace(&RecordBuilder::new(1).build(), Revision::FIRST)
        .await;
    let promise = "`replace` of an unknown record is `Gone`";
    expect(promise, ReplaceOutcome::Gone, outcome);
}

/// Checks that `replace` never creates a record, whatever the expected revision.
pub async fn a_replacement_never_creates_a_record(store: StoreUnderTest) {
    let promise = "`replace` never creates a record";
    for (revision, expected) in [(1, 0), (1, 1), (2, 1), (9, 8)] {
        let record = RecordBuilder::complete(1).revision(revision).build();
        _ = store.replace(&record, Revision::from_i64(expected)).await;
        store.holds_nothing(promise, record.id).await;
        expect(promise, vec![], store.ids_of("principal-1").await);
    }
}

/// Checks that no field keeps its old value.
pub async fn a_replacement_writes_every_field(store: StoreUnderTest) {
    let promise = "`replace` writes every field";
    let record = store.given(RecordBuilder::complete(1)).await;
    // Records with larger numbers have later times.
    let newer = RecordBuilder::complete(2).id(record.id).revision(2);
    let newer = newer.lifetime(Lifetime::BrowserSession).build();
    store.replaced(promise, &newer, record.revision).await;
    store.holds(promise, &newer).await;
}

/// Checks that a replacement sets each optional field and clears it again.
pub async fn a_replacement_sets_and_clears_optional_fields(store: StoreUnderTest) {
    let promise = "`replace` sets and clears each optional field";
    let mut stored = store.given(RecordBuilder::new(1)).await;
    for version in with_different_optional_fields(stored.clone().into()) {
        let version = version.revision(stored.revision.next().as_i64()).build();
        _ = store.replace(&version, stored.revision).await;
        store.holds(promise, &version).await;
        stored = version;
    }
}

fn with_different_optional_fields(bare: RecordBuilder) -> [RecordBuilder; 9] {
    [
        bare.clone().principal("ada"),
        bare.clone().label("Firefox"),
        bare.clone().stamp(Some([7; 16])),
        bare.clone().origin(Some([7; 16])),
        bare.clone().authenticated_at(Some(after(9))),
        bare.clone().previous_secret(Some(previous_secret(9))),
        bare.clone(),
        RecordBuilder::complete(1).expires_at(bare.clone().build().expires_at),
        bare.last_active_at(after(41)),
    ]
}

/// Checks that a deadline which was touched between a load and a replacement is kept.
pub async fn a_replacement_never_moves_the_deadline_back(store: StoreUnderTest) {
    let promise = "`replace` keeps the later deadline";
    let record = RecordBuilder::new(1).expires_at(after(100));
    let record = store.given(record).await;
    let extended = RecordBuilder::from(record.clone()).expires_at(after(900));
    store.touched(promise, &extended.build()).await;
    let newer = RecordBuilder::from(next(&record, r#"{"newer":true}"#)).expires_at(after(500));
    let newer = newer.build();
    store.replaced(promise, &newer, record.revision).await;
    let merged = RecordBuilder::from(newer).expires_at(after(900)).build();
    store.holds(promise, &merged).await;
}

/// Checks that an activity which was touched between a load and a replacement is kept.
pub async fn a_replacement_never_moves_the_last_activity_back(store: StoreUnderTest) {
    let promise = "`replace` keeps the later activity";
    let record = store.given(RecordBuilder::new(1)).await;
    let active = RecordBuilder::from(record.clone()).last_active_at(after(80));
    store.touched(promise, &active.build()).await;
    let newer = RecordBuilder::from(next(&record, "{}")).last_active_at(after(50));
    let newer = newer.build();
    store.replaced(promise, &newer, record.revision).await;
    let merged = RecordBuilder::from(newer).last_active_at(after(80)).build();
    store.holds(promise, &merged).await;
}

/// Checks that the later value of each time is kept, independently of the other time.
pub async fn a_replacement_compares_deadline_and_activity_separately(store: StoreUnderTest) {
    let promise = "`replace` keeps the later deadline and the later activity independently";
    let with_times = |record: Arc<SessionRecord>, (active, deadline)| {
        let record = RecordBuilder::from(record).last_active_at(after(active));
        record.expires_at(after(deadline)).build()
    };
    let base = with_times(RecordBuilder::new(1).build(), (50, 500));
    let mut stored = store.given(base).await;
    for (written, kept) in [((40, 600), (50, 600)), ((60, 550), (60, 600))] {
        let newer = with_times(next(&stored, r#"{"newer":true}"#), written);
        store.replaced(promise, &newer, stored.revision).await;
        stored = with_times(newer, kept);
        store.holds(promise, &stored).await;
    }
}

/// Checks that a later deadline is written, even if it is later by only a microsecond.
pub async fn a_replacement_moves_the_deadline_forward(store: StoreUnderTest) {
    let record = store
        .given(RecordBuilder::new(1).expires_at(after(100)))
        .await;
    let later = after(100) + time::Duration::MICROSECOND;
    let newer = RecordBuilder::from(next(&record, "{}"))
        .expires_at(later)
        .build();
    _ = store.replace(&newer, record.revision).await;
    store
        .holds("`replace` moves the deadline forward", &newer)
        .await;
}

/// Checks that the store takes the new revision from the record and does not count by itself.
pub async fn a_replaced_record_has_the_given_revision(store: StoreUnderTest) {
    let promise = "`replace` stores the revision of the new record";
    let mut record = store.given(RecordBuilder::new(1)).await;
    for revision in [2, 10, 1_000, 5_000_000_000] {
        let newer = RecordBuilder::from(record.clone())
            .revision(revision)
            .build();
        let outcome = store.replace(&newer, record.revision).await;
        expect(promise, ReplaceOutcome::Replaced, outcome);
        store.holds(promise, &newer).await;
        record = newer;
    }
}

/// Checks that the second replacement of a revision conflicts.
pub async fn each_revision_is_replaced_at_most_once(store: StoreUnderTest) {
    let promise = "`replace` accepts each revision once";
    let mut record = store.given(RecordBuilder::new(1)).await;
    for n in 0..50 {
        let winner = next(&record, &format!(r#"{{"winner":{n}}}"#));
        let loser = next(&record, &format!(r#"{{"loser":{n}}}"#));
        store.replaced(promise, &winner, record.revision).await;
        let outcome = store.replace(&loser, record.revision).await;
        expect(promise, ReplaceOutcome::Conflict, outcome);
        store.holds(promise, &winner).await;
        record = winner;
    }
}

/// Checks that a write without a difference succeeds; some databases count only rows that changed.
pub async fn replacing_a_record_by_an_equal_one_succeeds(store: StoreUnderTest) {
    let promise = "`replace` by an equal record is `Replaced`";
    let record = store.given(RecordBuilder::complete(1)).await;
    let outcome = store.replace(&record, record.revision).await;
    expect(promise, ReplaceOutcome::Replaced, outcome);
    store.holds(promise, &record).await;
}

/// Checks that records under other ids are unchanged, even those with the same revision.
pub async fn a_replacement_leaves_other_records_unchanged(store: StoreUnderTest) {
    let promise = "`replace` leaves other records unchanged";
    let others = [
        store.given(RecordBuilder::complete(1)).await,
        store.given(RecordBuilder::complete(1).id(id(3))).await,
    ];
    let record = store.given(RecordBuilder::complete(1).id(id(2))).await;
    _ = store
        .replace(&next(&record, r#"{"newer":true}"#), record.revision)
        .await;
    for other in &others {
        store.holds(promise, other).await;
    }
}

/// Checks that a record whose deadline has passed by every clock is either replaced or reported as
/// `Gone`.
pub async fn replacing_an_expired_record_succeeds_or_reports_gone(store: StoreUnderTest) {
    let promise = "`replace` of a record past its deadline is `Replaced` or `Gone`";
    let old = store
        .given(RecordBuilder::complete(1).expires_at(long_ago()))
        .await;
    let newer = RecordBuilder::from(next(&old, r#"{"newer":true}"#)).expires_at(after(1));
    let newer = newer.build();
    match store.replace(&newer, old.revision).await {
        ReplaceOutcome::Replaced => store.holds(promise, &newer).await,
        ReplaceOutcome::Gone => store.holds_nothing(promise, old.id).await,
        ReplaceOutcome::Conflict => {
            expect(promise, ReplaceOutcome::Gone, ReplaceOutcome::Conflict);
        }
    }
}
