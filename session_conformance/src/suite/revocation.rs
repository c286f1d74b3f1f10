//! `delete_all_of` removes all sessions of a principal, but for one.

use std::sync::Arc;

use session::SessionId;
use session::store::SessionRecord;

use super::principals::SIMILAR_NAMES;
use crate::expect::expect;
use crate::record::{id, next, principal};
use crate::{RecordBuilder, StoreUnderTest};

/// All sessions go, and are counted.
pub async fn all_sessions_of_a_principal_are_deleted(store: StoreUnderTest) {
    let promise = "`delete_all_of` removes all sessions of the principal, and counts them";
    for n in 0..60 {
        given(&store, n, "ada").await;
    }
    expect(promise, 60, delete_all_of(&store, "ada", None).await);
    expect(promise, vec![], store.ids_of("ada").await);
    for n in 0..60 {
        store.holds_nothing(promise, id(n)).await;
    }
}

/// The session from which the others are signed out stays as it is.
pub async fn the_excepted_session_is_spared(store: StoreUnderTest) {
    let promise = "`delete_all_of` spares the excepted session, and does not count it";
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

/// There may be nothing but the excepted session.
pub async fn the_excepted_session_may_be_the_only_one(store: StoreUnderTest) {
    let promise = "`delete_all_of` spares the excepted session if it is the only one";
    let kept = given(&store, 1, "ada").await;
    expect(promise, 0, delete_all_of(&store, "ada", Some(id(1))).await);
    store.holds(promise, &kept).await;
}

/// The exception of a session of somebody else excepts nothing.
pub async fn a_foreign_exception_spares_nothing(store: StoreUnderTest) {
    let promise = "`delete_all_of` removes all sessions if the excepted one is another's";
    given(&store, 1, "ada").await;
    given(&store, 2, "ada").await;
    let foreign = given(&store, 3, "bob").await;
    expect(promise, 2, delete_all_of(&store, "ada", Some(id(3))).await);
    expect(promise, vec![], store.ids_of("ada").await);
    store.holds(promise, &foreign).await;
}

/// The exception of a session that is not there excepts nothing, and creates nothing.
pub async fn an_unknown_exception_spares_nothing(store: StoreUnderTest) {
    let promise = "`delete_all_of` removes all sessions if the excepted one does not exist";
    given(&store, 1, "ada").await;
    expect(promise, 1, delete_all_of(&store, "ada", Some(id(9))).await);
    store.holds_nothing(promise, id(1)).await;
    store.holds_nothing(promise, id(9)).await;
}

/// Who has no sessions loses none.
pub async fn a_stranger_has_nothing_to_delete(store: StoreUnderTest) {
    let promise = "`delete_all_of` a stranger removes nothing";
    expect(promise, 0, delete_all_of(&store, "ada", None).await);
    let other = given(&store, 1, "bob").await;
    expect(promise, 0, delete_all_of(&store, "ada", None).await);
    store.holds(promise, &other).await;
}

/// The second time, there is nothing left.
pub async fn deleting_all_twice_deletes_nothing_more(store: StoreUnderTest) {
    let promise = "`delete_all_of` is idempotent";
    given(&store, 1, "ada").await;
    expect(promise, 1, delete_all_of(&store, "ada", None).await);
    expect(promise, 0, delete_all_of(&store, "ada", None).await);
}

/// Sessions of others, and of nobody, stay as they are.
pub async fn the_sessions_of_others_are_left_alone(store: StoreUnderTest) {
    let promise = "`delete_all_of` leaves the sessions of others, and of nobody, as they are";
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

/// Names that some collation or pattern takes for one another.
pub async fn only_that_very_principal_is_signed_out(store: StoreUnderTest) {
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

/// The principal that counts is the one that the session has now.
pub async fn a_session_that_changed_hands_is_deleted_with_its_new_owner(store: StoreUnderTest) {
    let promise = "`delete_all_of` goes by the principal that `replace` set";
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

/// What was signed out takes no part in anything else.
pub async fn revoked_sessions_are_not_counted_as_expired(store: StoreUnderTest) {
    let promise = "`delete_expired` does not count what `delete_all_of` removed";
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
