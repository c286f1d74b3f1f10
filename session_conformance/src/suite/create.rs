//! `create` inserts, and never overwrites.

use session::store::CreateOutcome;
use time::Duration;

use crate::expect::{expect, expect_record, require};
use crate::record::{after, id, long_ago};
use crate::{RecordBuilder, StoreUnderTest};

/// A record with none of the optional fields comes back as it is.
pub async fn a_minimal_record_can_be_created(store: StoreUnderTest) {
    let record = store.given(RecordBuilder::new(1)).await;
    let promise = "`create` stores a record without optional fields exactly";
    store.holds(promise, &record).await;
}

/// A record with all of the optional fields comes back as it is.
pub async fn a_complete_record_can_be_created(store: StoreUnderTest) {
    let record = store.given(RecordBuilder::complete(1)).await;
    store.holds("`create` stores every field", &record).await;
}

/// The id of a live record is refused.
pub async fn the_id_of_a_live_record_is_refused(store: StoreUnderTest) {
    store.given(RecordBuilder::new(1)).await;
    let outcome = store.create(&RecordBuilder::complete(1).build()).await;
    let promise = "`create` refuses the id of a live record";
    expect(promise, CreateOutcome::DuplicateId, outcome);
}

/// What was stored under an id is the same after a second creation was refused.
pub async fn a_refused_creation_changes_nothing(store: StoreUnderTest) {
    let promise = "`create` leaves the record as it is that has the id already";
    let minimal = store.given(RecordBuilder::new(1)).await;
    let complete = store.given(RecordBuilder::complete(2)).await;
    _ = store.create(&RecordBuilder::complete(1).build()).await;
    _ = store
        .create(&RecordBuilder::new(2).revision(9).build())
        .await;
    store.holds(promise, &minimal).await;
    store.holds(promise, &complete).await;
}

/// Not even the very same record is accepted twice.
pub async fn the_same_record_is_refused_the_second_time(store: StoreUnderTest) {
    let record = store.given(RecordBuilder::complete(1)).await;
    let outcome = store.create(&record).await;
    let promise = "`create` refuses a record that is stored already";
    expect(promise, CreateOutcome::DuplicateId, outcome);
    store.holds(promise, &record).await;
}

/// A record that has expired for the caller, but not by any clock that the store could read.
pub async fn an_expired_record_still_has_its_id(store: StoreUnderTest) {
    let promise = "`create` refuses the id of an expired record, and leaves that as it is";
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

/// A record past its deadline by the world's clock may be gone. If it is there, it is untouched.
pub async fn a_record_long_past_its_deadline_is_never_mixed_up(store: StoreUnderTest) {
    let promise = "`create` over a record long past its deadline stores all of it or nothing";
    let old = RecordBuilder::complete(1).expires_at(long_ago());
    let old = store
        .given(old.created_at(long_ago() - Duration::DAY))
        .await;
    let new = RecordBuilder::new(1).build();
    match store.create(&new).await {
        CreateOutcome::Created => store.holds(promise, &new).await,
        CreateOutcome::DuplicateId => {
            let actual = store.load(old.id).await;
            expect_record(promise, actual.as_ref().and(Some(&old)), actual.as_ref());
        }
    }
}

/// The store takes the revision from the record; it does not count by itself.
pub async fn the_first_revision_is_the_one_given(store: StoreUnderTest) {
    let record = store.given(RecordBuilder::new(1).revision(42)).await;
    let promise = "`create` stores the revision that it is given";
    store.holds(promise, &record).await;
}

/// Records under other ids stay as they are.
pub async fn a_creation_touches_no_other_record(store: StoreUnderTest) {
    let first = store.given(RecordBuilder::complete(1)).await;
    let second = store.given(RecordBuilder::new(2)).await;
    let promise = "`create` leaves other records as they are";
    store.holds(promise, &first).await;
    store.holds(promise, &second).await;
}

/// Ids are compared as a whole.
pub async fn ids_that_differ_in_one_bit_are_different(store: StoreUnderTest) {
    let promise = "ids are compared in all their bits";
    let mut records = vec![
        store
            .given(RecordBuilder::new(0).state(r#"{"bit":-1}"#))
            .await,
    ];
    for bit in 0..62 {
        let record = RecordBuilder::new(1 << bit).state(&format!(r#"{{"bit":{bit}}}"#));
        let record = record.build();
        expect(promise, CreateOutcome::Created, store.create(&record).await);
        records.push(record);
    }
    for record in &records {
        store.holds(promise, record).await;
    }
}

/// One principal and one secret do not make one session.
pub async fn two_records_may_differ_in_the_id_alone(store: StoreUnderTest) {
    let promise = "only the id of a record has to be unique";
    let first = store.given(RecordBuilder::complete(1)).await;
    let second = RecordBuilder::complete(1).id(id(2)).build();
    let outcome = store.create(&second).await;
    let created = outcome == CreateOutcome::Created;
    require(promise, created, "Created", &outcome);
    store.holds(promise, &first).await;
    store.holds(promise, &second).await;
}
