//! `create` inserts a record and never overwrites one.

use session::store::CreateOutcome;
use time::Duration;

use crate::expect::{expect, expect_record, require};
use crate::record::{RecordBuilder, after, id, long_ago};
use crate::store::StoreUnderTest;

/// Checks that a record without optional fields is returned unchanged.
pub async fn a_record_without_optional_fields_is_stored_unchanged(store: StoreUnderTest) {
    let record = store.given(RecordBuilder::new(1)).await;
    let promise = "`create` stores a record without optional fields exactly as given";
    store.holds(promise, &record).await;
}

/// Checks that a record with every optional field is returned unchanged.
pub async fn a_record_with_all_fields_is_stored_unchanged(store: StoreUnderTest) {
    let record = store.given(RecordBuilder::complete(1)).await;
    store
        .holds("`create` stores every field exactly as given", &record)
        .await;
}

/// Checks that the id of a live record is refused.
pub async fn creating_over_a_live_record_is_refused(store: StoreUnderTest) {
    store.given(RecordBuilder::new(1)).await;
    let outcome = store.create(&RecordBuilder::complete(1).build()).await;
    let promise = "`create` refuses the id of a live record";
    expect(promise, CreateOutcome::DuplicateId, outcome);
}

/// Checks that a stored record is unchanged after a creation under its id was refused.
pub async fn a_refused_creation_changes_nothing(store: StoreUnderTest) {
    let promise = "`create` leaves the stored record unchanged if it refuses the id";
    let minimal = store.given(RecordBuilder::new(1)).await;
    let complete = store.given(RecordBuilder::complete(2)).await;
    _ = store.create(&RecordBuilder::complete(1).build()).await;
    _ = store
        .create(&RecordBuilder::new(2).revision(9).build())
        .await;
    store.holds(promise, &minimal).await;
    store.holds(promise, &complete).await;
}

/// Checks that a record is refused if an equal one is stored already.
pub async fn creating_the_same_record_twice_is_refused(store: StoreUnderTest) {
    let record = store.given(RecordBuilder::complete(1)).await;
    let outcome = store.create(&record).await;
    let promise = "`create` refuses a record that is stored already";
    expect(promise, CreateOutcome::DuplicateId, outcome);
    store.holds(promise, &record).await;
}

/// Checks that the id of an expired record is refused. The record is expired for the caller, but
/// not by any clock that the store could read.
pub async fn creating_over_an_expired_record_is_refused(store: StoreUnderTest) {
    let promise = "`create` refuses the id of an expired record and leaves the record unchanged";
    let expired = store
        .given(RecordBuilder::new(1).expires_at(after(10)))
        .await;
    let newer = RecordBuilder::complete(1)
        .created_at(after(20))
        .last_active_at(after(20))
        .expires_at(after(30));
    let outcome = store.create(&newer.build()).await;
    expect(promise, CreateOutcome::DuplicateId, outcome);
    store.holds(promise, &expired).await;
}

/// Checks that a creation replaces all or nothing of a record whose deadline has passed by every
/// clock: the store may have removed that record.
pub async fn creating_over_a_long_expired_record_stores_all_or_nothing(store: StoreUnderTest) {
    let promise =
        "`create` over a record long past its deadline stores all of the new record or nothing";
    let old = RecordBuilder::complete(1).created_at(long_ago() - Duration::DAY);
    let old = store.given(old.expires_at(long_ago())).await;
    let new = RecordBuilder::new(1).build();
    match store.create(&new).await {
        CreateOutcome::Created => store.holds(promise, &new).await,
        CreateOutcome::DuplicateId => {
            let actual = store.load(old.id).await;
            expect_record(promise, actual.as_ref().and(Some(&old)), actual.as_ref());
        }
    }
}

/// Checks that the store takes the first revision from the record and does not count by itself.
pub async fn a_created_record_has_the_given_revision(store: StoreUnderTest) {
    let record = store.given(RecordBuilder::new(1).revision(42)).await;
    let promise = "`create` stores the revision of the record";
    store.holds(promise, &record).await;
}

/// Checks that records under other ids are unchanged.
pub async fn a_creation_leaves_other_records_unchanged(store: StoreUnderTest) {
    let first = store.given(RecordBuilder::complete(1)).await;
    let second = store.given(RecordBuilder::new(2)).await;
    let promise = "`create` leaves other records unchanged";
    store.holds(promise, &first).await;
    store.holds(promise, &second).await;
}

/// Checks that ids are compared as a whole.
pub async fn ids_that_differ_in_one_bit_are_distinct(store: StoreUnderTest) {
    let promise = "ids are compared in all their bits";
    let mut records = vec![];
    for n in (0..62).map(|bit| 1 << bit).chain([0]) {
        let record = RecordBuilder::new(n).state(&format!(r#"{{"number":{n}}}"#));
        let record = record.build();
        expect(promise, CreateOutcome::Created, store.create(&record).await);
        records.push(record);
    }
    for record in &records {
        store.holds(promise, record).await;
    }
}

/// Checks that two sessions may have the same principal and the same secret.
pub async fn records_that_differ_only_in_their_id_are_distinct(store: StoreUnderTest) {
    let promise = "only the id of a record has to be unique";
    let first = store.given(RecordBuilder::complete(1)).await;
    let second = RecordBuilder::complete(1).id(id(2)).build();
    let outcome = store.create(&second).await;
    let created = outcome == CreateOutcome::Created;
    require(promise, created, "Created", &outcome);
    store.holds(promise, &first).await;
    store.holds(promise, &second).await;
}
