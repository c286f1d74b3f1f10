//! `delete` removes, for good.

use session::store::{CreateOutcome, Extension, ReplaceOutcome, TouchOutcome};

use crate::expect::expect;
use crate::record::{id, next};
use crate::{RecordBuilder, StoreUnderTest, after};

/// The record is there no more.
pub async fn a_deleted_record_is_gone(store: StoreUnderTest) {
    let record = store.given(RecordBuilder::complete(1)).await;
    store.delete(record.id).await;
    store
        .holds_nothing("`delete` removes the record", record.id)
        .await;
}

/// Whoever wants a record to be gone is satisfied if it was never there.
pub async fn deleting_an_unknown_record_is_no_error(store: StoreUnderTest) {
    store.delete(id(1)).await;
    let record = store.given(RecordBuilder::new(2)).await;
    store.delete(id(1)).await;
    store
        .holds("`delete` of an unknown id changes nothing", &record)
        .await;
}

/// The second time changes nothing.
pub async fn deleting_twice_is_no_error(store: StoreUnderTest) {
    let record = store.given(RecordBuilder::complete(1)).await;
    store.delete(record.id).await;
    store.delete(record.id).await;
    store
        .holds_nothing("`delete` is idempotent", record.id)
        .await;
}

/// A slow writer finds nothing to write to, with whatever revision.
pub async fn a_deleted_record_cannot_be_replaced(store: StoreUnderTest) {
    let promise = "`replace` of a deleted record is `Gone`, and creates nothing";
    let record = store.given(RecordBuilder::complete(1)).await;
    let newer = next(&record, r#"{"newer":true}"#);
    store.delete(record.id).await;
    for expected in [record.revision, newer.revision] {
        let outcome = store.replace(&newer, expected).await;
        expect(promise, ReplaceOutcome::Gone, outcome);
        store.holds_nothing(promise, record.id).await;
    }
}

/// A slow touch finds nothing to touch.
pub async fn a_deleted_record_cannot_be_touched(store: StoreUnderTest) {
    let promise = "`touch` of a deleted record is `Gone`, and creates nothing";
    let record = store.given(RecordBuilder::complete(1)).await;
    store.delete(record.id).await;
    let extension = Extension {
        last_active_at: after(9_000),
        expires_at: after(90_000),
    };
    expect(
        promise,
        TouchOutcome::Gone,
        store.touch(record.id, extension).await,
    );
    store.holds_nothing(promise, record.id).await;
}

/// A new record under the id of a deleted one has nothing of it.
pub async fn an_id_is_free_after_a_deletion(store: StoreUnderTest) {
    let promise = "`create` under the id of a deleted record stores the new one, exactly";
    let old = store.given(RecordBuilder::complete(1)).await;
    store.delete(old.id).await;
    let new = RecordBuilder::new(1).expires_at(after(10)).build();
    expect(promise, CreateOutcome::Created, store.create(&new).await);
    store.holds(promise, &new).await;
    expect(promise, vec![], store.ids_of("principal-1").await);
}

/// Records under other ids stay as they are.
pub async fn a_deletion_touches_no_other_record(store: StoreUnderTest) {
    let others = [
        store.given(RecordBuilder::complete(1)).await,
        store.given(RecordBuilder::complete(1).id(id(3))).await,
    ];
    let record = store.given(RecordBuilder::complete(1).id(id(2))).await;
    store.delete(record.id).await;
    for other in &others {
        store
            .holds("`delete` leaves other records as they are", other)
            .await;
    }
}
