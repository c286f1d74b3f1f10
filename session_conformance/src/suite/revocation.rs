//! `delete_all_of` removes all sessions of a principal except a given one.

use std::sync::Arc;

use session::SessionId;
use session::store::SessionRecord;

use super::principals::SIMILAR_NAMES;
use crate::expect::expect;
use crate::record::{RecordBuilder, id, next, principal};
use crate::store::StoreUnderTest;

/// Checks that all sessions of a principal are deleted and counted.
pub async fn revoking_deletes_all_sessions_of_a_principal(store: StoreUnderTest) {
    let promise = "`delete_all_of` removes all sessions of the principal and returns their number";
    for n in 0..60 {
        given(&store, n, "ada").await;
    }
    expect(promise, 60, delete_all_of(&store, "ada", None).await);
    expect(promise, vec![], store.ids_of("ada").await);
    for n in 0..60 {
        store.holds_nothing(promise, id(n)).await;
    }
}

/// Checks that the excepted session is unchanged and not counted.
pub async fn revoking_spares_the_excepted_session(store: StoreUnderTest) {
    let promise = "`delete_all_of` spares the excepted session and does not count it";
    let kept = store
        .given(RecordBuilder::complete(2).principal("ada"))
        .await;
    for n in [0, 1, 3, 4] {
        given(&store, n, "ada").await;
    }
    expect(promise, 4, delete_all_of(&store, "ada", Some(id(2))).await);
    store.holds(promise, &kept).await;
    expect(promise, vec![id(2)], store.ids_of("ada").await);
}

/// Checks that an excepted session is spared if the principal has no other one.
pub async fn revoking_spares_an_excepted_session_that_is_the_only_one(store: StoreUnderTest) {
    let promise = "`delete_all_of` spares the excepted session if it is the only one";
    let kept = given(&store, 1, "ada").await;
    expect(promise, 0, delete_all_of(&store, "ada", Some(id(1))).await);
    store.holds(promise, &kept).await;
}

/// Checks that an exception of another principal's session has no effect.
pub async fn excepting_a_session_of_another_principal_spares_nothing(store: StoreUnderTest) {
    let promise = "`delete_all_of` removes all sessions if the excepted one has another principal";
    given(&store, 1, "ada").await;
    given(&store, 2, "ada").await;
    let foreign = given(&store, 3, "bob").await;
    expect(promise, 2, delete_all_of(&store, "ada", Some(id(3))).await);
    expect(promise, vec![], store.ids_of("ada").await);
    store.holds(promise, &foreign).await;
}

/// Checks that an exception of an unknown session has no effect and creates nothing.
pub async fn excepting_an_unknown_session_spares_nothing(store: StoreUnderTest) {
    let promise = "`delete_all_of` removes all sessions if the excepted one does not exist";
    given(&store, 1, "ada").await;
    expect(promise, 1, delete_all_of(&store, "ada", Some(id(9))).await);
    store.holds_nothing(promise, id(1)).await;
    store.holds_nothing(promise, id(9)).await;
}

/// Checks that an unknown principal has no sessions to delete.
pub async fn revoking_an_unknown_principal_deletes_nothing(store: StoreUnderTest) {
    let promise = "`delete_all_of` an unknown principal removes nothing";
    expect(promise, 0, delete_all_of(&store, "ada", None).await);
    let other = given(&store, 1, "bob").await;
    expect(promise, 0, delete_all_of(&store, "ada", None).await);
    store.holds(promise, &other).await;
}

/// Checks that `delete_all_of` is idempotent.
pub async fn revoking_twice_deletes_nothing_more(store: StoreUnderTest) {
    let promise = "`delete_all_of` is idempotent";
    given(&store, 1, "ada").await;
    expect(promise, 1, delete_all_of(&store, "ada", None).await);
    expect(promise, 0, delete_all_of(&store, "ada", None).await);
}

/// Checks that sessions of other principals and sessions without one are unchanged.
pub async fn revoking_leaves_sessions_of_others_unchanged(store: StoreUnderTest) {
    let promise =
        "`delete_all_of` leaves sessions of other principals, and sessions without one, unchanged";
    given(&store, 1, "ada").await;
    let others = [
        store.given(RecordBuilder::complete(2)).await,
        store.given(RecordBuilder::new(3)).await,
    ];
    expect(promise, 1, delete_all_of(&store, "ada", None).await);
    for other in &others {
        store.holds(promise, other).await;
    }
}

/// Checks names that some collation or pattern considers equal.
pub async fn revoking_compares_principals_byte_for_byte(store: StoreUnderTest) {
    let promise = "`delete_all_of` compares principals byte for byte";
    for (n, name) in SIMILAR_NAMES.iter().enumerate() {
        given(&store, n as u64, name).await;
    }
    for (n, name) in SIMILAR_NAMES.iter().enumerate() {
        let promise = format!("{promise} ({name:?})");
        expect(&promise, 1, delete_all_of(&store, name, None).await);
        for (m, other) in SIMILAR_NAMES.iter().enumerate().skip(n + 1) {
            expect(&promise, vec![id(m as u64)], store.ids_of(other).await);
        }
    }
}

/// Checks that the current principal of a session decides, and not a previous one.
pub async fn revoking_uses_the_principal_set_by_a_replacement(store: StoreUnderTest) {
    let promise = "`delete_all_of` uses the principal that `replace` set";
    let record = given(&store, 1, "ada").await;
    let moved = RecordBuilder::from(next(&record, "{}"))
        .principal("bob")
        .build();
    _ = store.replace(&moved, record.revision).await;
    expect(promise, 0, delete_all_of(&store, "ada", None).await);
    store.holds(promise, &moved).await;
    expect(promise, 1, delete_all_of(&store, "bob", None).await);
    store.holds_nothing(promise, id(1)).await;
}

/// Checks that a revoked session is not counted by a later sweep.
pub async fn a_sweep_does_not_count_revoked_sessions(store: StoreUnderTest) {
    let promise = "`delete_expired` does not count sessions that `delete_all_of` removed";
    let record = given(&store, 1, "ada").await;
    given(&store, 2, "bob").await;
    expect(promise, 1, delete_all_of(&store, "ada", None).await);
    expect(
        promise,
        1,
        store.delete_expired(record.expires_at, 10).await,
    );
}

async fn given(store: &StoreUnderTest, n: u64, owner: &str) -> Arc<SessionRecord> {
    store.given(RecordBuilder::new(n).principal(owner)).await
}

async fn delete_all_of(store: &StoreUnderTest, owner: &str, except: Option<SessionId>) -> u64 {
    store.delete_all_of(&principal(owner), except).await
}
