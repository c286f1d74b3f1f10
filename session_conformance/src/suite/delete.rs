//! `delete` removes a record for good.

use session::store::{CreateOutcome, Extension, ReplaceOutcome, TouchOutcome};

use super::touch::{other_secrets, with_previous_secret};
use crate::expect::expect;
use crate::record::{RecordBuilder, after, id, next, secret};
use crate::store::StoreUnderTest;

/// Checks that a deleted record is not returned any more.
pub async fn a_deleted_record_cannot_be_loaded(store: StoreUnderTest) {
    let record = store.given(RecordBuilder::complete(1)).await;
    store.delete(record.id, None).await;
    store
        .holds_nothing("`delete` removes the record", record.id)
        .await;
}

/// Checks that deleting an unknown record succeeds and changes nothing.
pub async fn deleting_an_unknown_record_succeeds(store: StoreUnderTest) {
    store.delete(id(1), None).await;
    let record = store.given(RecordBuilder::new(2)).await;
    store.delete(id(1), None).await;
    store
        .holds("`delete` of an unknown id changes nothing", &record)
        .await;
}

/// Checks that `delete` is idempotent.
pub async fn deleting_a_record_twice_succeeds(store: StoreUnderTest) {
    let record = store.given(RecordBuilder::complete(1)).await;
    store.delete(record.id, None).await;
    store.delete(record.id, None).await;
    store
        .holds_nothing("`delete` is idempotent", record.id)
        .await;
}

/// Checks that a slow writer cannot bring back a deleted record, whatever revision it expects.
pub async fn a_deleted_record_cannot_be_replaced(store: StoreUnderTest) {
    let promise = "`replace` of a deleted record is `Gone` and creates nothing";
    let record = store.given(RecordBuilder::complete(1)).await;
    let newer = next(&record, r#"{"newer":true}"#);
    store.delete(record.id, None).await;
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
    store.delete(record.id, None).await;
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
    store.delete(old.id, None).await;
    let new = RecordBuilder::new(1).expires_at(after(10)).build();
    expect(promise, CreateOutcome::Created, store.create(&new).await);
    store.holds(promise, &new).await;
    expect(promise, vec![], store.ids_of("principal-1").await);
}

/// Checks that `delete` reports `true` once for each record.
pub async fn a_deletion_reports_the_removal_of_a_record(store: StoreUnderTest) {
    let promise = "`delete` is `true` if it removed a record";
    let record = store.given(RecordBuilder::complete(1)).await;
    for (id, removed) in [(id(9), false), (record.id, true), (record.id, false)] {
        expect(promise, removed, store.delete(id, None).await);
    }
}

/// Checks that the current secret of a record suffices to delete it.
pub async fn a_deletion_with_the_secret_removes_the_record(store: StoreUnderTest) {
    let promise = "`delete` with the secret of the record is `true` and removes it";
    let record = store.given(RecordBuilder::complete(1)).await;
    let removed = store.delete(record.id, Some(&record.secret)).await;
    expect(promise, true, removed);
    store.holds_nothing(promise, record.id).await;
    let removed = store.delete(record.id, Some(&record.secret)).await;
    expect(promise, false, removed);
}

/// Checks secrets that differ in one bit, that of another record, and the previous one.
pub async fn a_deletion_with_another_secret_removes_nothing(store: StoreUnderTest) {
    let promise = "`delete` with another secret than that of the record is `false` and changes \
                   nothing";
    let record = store.given(with_previous_secret()).await;
    for other in other_secrets(&record) {
        expect(promise, false, store.delete(id(1), Some(&other)).await);
        store.holds(promise, &record).await;
    }
}

/// Checks that `delete` compares with the secret that a replacement has written.
pub async fn a_deletion_uses_the_secret_set_by_a_replacement(store: StoreUnderTest) {
    let promise = "`delete` compares with the secret that `replace` set";
    let old = store.given(RecordBuilder::complete(1)).await;
    let new = RecordBuilder::from(next(&old, "{}")).secret(*secret(2).as_bytes());
    let new = new.build();
    store.replaced(promise, &new, old.revision).await;
    expect(
        promise,
        false,
        store.delete(old.id, Some(&old.secret)).await,
    );
    store.holds(promise, &new).await;
    expect(promise, true, store.delete(new.id, Some(&new.secret)).await);
    store.holds_nothing(promise, new.id).await;
}

/// Checks that an unknown record has no secret, and that others with that secret are unchanged.
pub async fn a_deletion_with_the_secret_of_an_unknown_record_reports_nothing(
    store: StoreUnderTest,
) {
    let promise = "`delete` of an unknown record with a secret is `false` and changes nothing";
    let record = store.given(RecordBuilder::complete(1)).await;
    let removed = store.delete(id(2), Some(&record.secret)).await;
    expect(promise, false, removed);
    store.holds(promise, &record).await;
}

/// Checks that records under other ids are unchanged.
pub async fn a_deletion_leaves_other_records_unchanged(store: StoreUnderTest) {
    let others = [
        store.given(RecordBuilder::complete(1)).await,
        store.given(RecordBuilder::complete(1).id(id(3))).await,
    ];
    let record = store.given(RecordBuilder::complete(1).id(id(2))).await;
    store.delete(record.id, None).await;
    for other in &others {
        store
            .holds("`delete` leaves other records unchanged", other)
            .await;
    }
}
