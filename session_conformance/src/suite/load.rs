//! `load` returns the record, or none.

use std::sync::Arc;

use crate::expect::expect_record;
use crate::record::{id, long_ago, next, previous_secret};
use crate::{RecordBuilder, StoreUnderTest, after};

/// An empty store has no records, and a full one none but its own.
pub async fn an_unknown_id_has_no_record(store: StoreUnderTest) {
    let promise = "`load` of an unknown id returns none";
    store.holds_nothing(promise, id(1)).await;
    store.given(RecordBuilder::new(1)).await;
    store.holds_nothing(promise, id(2)).await;
}

/// No optional field needs another one.
pub async fn each_optional_field_may_stand_alone(store: StoreUnderTest) {
    let promise = "`load` returns each optional field as it was stored, whatever the others are";
    let records = [
        RecordBuilder::new(1).previous_secret(Some(previous_secret(1))),
        RecordBuilder::new(2).principal("ada"),
        RecordBuilder::new(3).authenticated_at(Some(after(5))),
        RecordBuilder::new(4).label("Firefox"),
    ];
    for record in records {
        let record = store.given(record).await;
        store.holds(promise, &record).await;
    }
}

/// No optional field comes from another one.
pub async fn each_optional_field_may_be_missing_alone(store: StoreUnderTest) {
    let promise = "`load` returns none for each optional field that is missing";
    let mut without_label = RecordBuilder::complete(4).build();
    Arc::make_mut(&mut without_label).label = None;
    let records = [
        RecordBuilder::complete(1).previous_secret(None),
        RecordBuilder::complete(2).without_principal(),
        RecordBuilder::complete(3).authenticated_at(None),
        RecordBuilder::from(without_label),
    ];
    for record in records {
        let record = store.given(record).await;
        store.holds(promise, &record).await;
    }
}

/// Reading is no activity: it moves nothing.
pub async fn loading_changes_nothing(store: StoreUnderTest) {
    let record = store.given(RecordBuilder::complete(1)).await;
    for _ in 0..3 {
        store.holds("`load` changes nothing", &record).await;
    }
}

/// The record may be gone after its deadline, but never altered.
pub async fn an_expired_record_is_returned_whole_or_not_at_all(store: StoreUnderTest) {
    let promise = "`load` returns an expired record as it is, or none";
    let record = store
        .given(RecordBuilder::complete(1).expires_at(long_ago()))
        .await;
    let actual = store.load(record.id).await;
    expect_record(promise, actual.as_ref().and(Some(&record)), actual.as_ref());
}

/// There is no version but the latest.
pub async fn the_latest_version_is_returned(store: StoreUnderTest) {
    let mut record = store.given(RecordBuilder::complete(1)).await;
    for n in 0..5 {
        let newer = next(&record, &format!(r#"{{"n":{n}}}"#));
        _ = store.replace(&newer, record.revision).await;
        store
            .holds("`load` returns the latest version", &newer)
            .await;
        record = newer;
    }
}

/// Each of many records is found under its own id.
pub async fn each_of_many_records_is_found(store: StoreUnderTest) {
    let mut records = Vec::new();
    for n in 0..200_u64 {
        // Spread, since real ids are random in their lower half.
        let record = RecordBuilder::complete(n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 2);
        records.push(store.given(record).await);
    }
    for record in &records {
        store
            .holds("`load` returns the record with that id", record)
            .await;
    }
}
