//! `load` returns the record under an id, if there is one.

use std::sync::Arc;

use crate::expect::expect_record;
use crate::record::{RecordBuilder, after, id, long_ago, next, previous_secret};
use crate::store::StoreUnderTest;

/// Checks that an unknown id has no record, in an empty store and beside other records.
pub async fn loading_an_unknown_id_returns_none(store: StoreUnderTest) {
    let promise = "`load` of an unknown id returns none";
    store.holds_nothing(promise, id(1)).await;
    store.given(RecordBuilder::new(1)).await;
    store.holds_nothing(promise, id(2)).await;
}

/// Checks that no optional field depends on another one.
pub async fn each_optional_field_is_stored_on_its_own(store: StoreUnderTest) {
    let promise = "`load` returns each optional field as stored, whatever the others are";
    let records = [
        RecordBuilder::new(1).previous_secret(Some(previous_secret(1))),
        RecordBuilder::new(2).principal("ada"),
        RecordBuilder::new(3).authenticated_at(Some(after(5))),
        RecordBuilder::new(4).label("Firefox"),
        RecordBuilder::new(5).stamp(Some([7; 16])),
        RecordBuilder::new(6).origin(Some([7; 16])),
    ];
    for record in records {
        let record = store.given(record).await;
        store.holds(promise, &record).await;
    }
}

/// Checks that an absent optional field is not filled from another one.
pub async fn each_optional_field_may_be_absent(store: StoreUnderTest) {
    let promise = "`load` returns none for each optional field that is absent";
    let mut without_label = RecordBuilder::complete(4).build();
    Arc::make_mut(&mut without_label).label = None;
    let records = [
        RecordBuilder::complete(1).previous_secret(None),
        RecordBuilder::complete(2).without_principal(),
        RecordBuilder::complete(3).authenticated_at(None),
        RecordBuilder::from(without_label),
        RecordBuilder::complete(5).stamp(None),
        RecordBuilder::complete(6).origin(None),
    ];
    for record in records {
        let record = store.given(record).await;
        store.holds(promise, &record).await;
    }
}

/// Checks that loading a record moves none of its times.
pub async fn loading_changes_no_field(store: StoreUnderTest) {
    let record = store.given(RecordBuilder::complete(1)).await;
    for _ in 0..3 {
        store.holds("`load` changes nothing", &record).await;
    }
}

/// Checks that an expired record is either removed or returned unchanged.
pub async fn an_expired_record_is_loaded_unchanged_or_not_at_all(store: StoreUnderTest) {
    let promise = "`load` returns an expired record unchanged, or none";
    let record = store
        .given(RecordBuilder::complete(1).expires_at(long_ago()))
        .await;
    let actual = store.load(record.id).await;
    expect_record(promise, actual.as_ref().and(Some(&record)), actual.as_ref());
}

/// Checks that each replacement is visible to the next load.
pub async fn loading_returns_the_latest_version(store: StoreUnderTest) {
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

/// Checks that each of 200 records is found under its own id.
pub async fn each_of_many_records_is_loaded_by_its_id(store: StoreUnderTest) {
    let mut records = Vec::new();
    for n in 0..200_u64 {
        // Multiplied, because the lower half of real ids is random.
        let record = RecordBuilder::complete(n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 2);
        records.push(store.given(record).await);
    }
    for record in &records {
        store
            .holds("`load` returns the record under the id", record)
            .await;
    }
}
