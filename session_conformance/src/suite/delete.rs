//! `delete` removes a record for good.

use session::store::{CreateOutcome, Extension, ReplaceOutcome, TouchOutcome};

use crate::expect::expect;
use crate::record::{RecordBuilder, after, id, next};
use crate::store::StoreUnderTest;

/// Checks that a deleted record is not returned any more.
pub async fn a_deleted_record_cannot_be_loaded(store: StoreUnderTest) {
    let record = store.given(RecordBuilder::complete(1)).await;
    store.delete(record.id).await;
    store
        .holds_nothing("`delete` removes the record", record.id)
        .await;
}

/// Checks that deleting an unknown record succeeds and changes nothing.
pub async fn deleting_an_unknown_record_succeeds(store: StoreUnderTest) {
    store.delete(id(1)).await;
    let record = store.given(RecordBuilder::new(2)).await;
    store.delete(id(1)).await;
    store
        .holds("`delete` of an unknown id changes nothing", &record)
        .await;
}

/// Checks that `delete` is idempotent.
pub async fn deleting_a_record_twice_succeeds(store: StoreUnderTest) {
    let record = store.given(RecordBuilder::complete(1)).await;
    store.delete(record.id).await;
    store.delete(record.id).await;
    store
        .holds_nothing("`delete` is idempotent", record.id)
        .await;
}

/// Checks that a slow writer cannot bring back a deleted record, whatever revision it expects.
pub async fn a_deleted_record_cannot_be_replaced(store: StoreUnderTest) {
    let promise = "`replace` of a deleted record is `Gone` and creates nothing";
    let record = store.given(RecordBuilder::complete(1)).await;
    let newer = next(&record, r#"{"newer":true}"#);
    store.delete(record.id).await;
    for expected in [record.revision, newer.revision] {
        let outcome = store.replace(&newer, expected).await;
        expect(promise, ReplaceOutcome::Gone, outcome);
        store.holds_nothing(promise, record.id).await;
    }
}

/// Checks that a slow touch cannot bring back a deleted record.
pub async fn a_deleted_record_cannot_be_touched(store: StoreUnderTest) {
    let promise = "`touch` of a deleted record is `Gone` and creates nothing";
    let record = store.given(RecordBuilder::complete(1)).await;
    store.delete(record.id).await;
    let extension = Extension {
        last_active_at: after(9_000),
        expires_at: after(90_000),
    };
    expect(
        promise,
        TouchOutcome::Gone,
        store.touch(record.id, &record.secret, extension).await,
    );
    store.holds_nothing(promise, record.id).await;
}

/// Checks that a new record under the id of a deleted one has nothing of it.
pub async fn an_id_can_be_reused_after_a_deletion(store: StoreUnderTest) {
    let promise = "`create` under the id of a deleted record stores the new one exactly as given";
    let old = store.given(RecordBuilder::complete(1)).await;
    store.delete(old.id).await;
    let new = RecordBuilder::new(1).expires_at(after(10)).build();
    expect(promise, CreateOutcome::Created, store.create(&new).await);
    store.holds(promise, &new).await;
    expect(promise, vec![], store.ids_of("principal-1").await);
}

/// Checks that records under other ids are unchanged.
pub async fn a_deletion_leaves_other_records_unchanged(store: StoreUnderTest) {
    let others = [
        store.given(RecordBuilder::complete(1)).await,
        store.given(RecordBuilder::complete(1).id(id(3))).await,
    ];
    let record = store.given(RecordBuilder::complete(1).id(id(2))).await;
    store.delete(record.id).await;
    for other in &others {
        store
            .holds("`delete` leaves other records unchanged", other)
            .await;
    }
}
