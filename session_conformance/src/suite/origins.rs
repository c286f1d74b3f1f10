//! `delete_all_of_origin` removes the sessions that began in one session of an identity provider.

use std::sync::Arc;

use session::store::{OriginHash, SessionRecord};

use crate::expect::expect;
use crate::record::{RecordBuilder, after, id, next};
use crate::store::StoreUnderTest;

/// The origin in most of these rules.
pub(super) const ORIGIN: [u8; 16] = [7; 16];

/// Checks that all sessions of an origin are deleted and counted, whoever they belong to.
pub async fn revoking_an_origin_deletes_all_its_sessions(store: StoreUnderTest) {
    let promise =
        "`delete_all_of_origin` removes all sessions of the origin and returns their number";
    for n in 0..60 {
        let record = RecordBuilder::complete(n).origin(Some(ORIGIN));
        store.given(record).await;
    }
    store
        .given(RecordBuilder::new(60).origin(Some(ORIGIN)))
        .await;
    expect(promise, 61, revoke(&store, ORIGIN).await);
    for n in 0..=60 {
        store.holds_nothing(promise, id(n)).await;
        expect(
            promise,
            vec![],
            store.ids_of(&format!("principal-{n}")).await,
        );
    }
}

/// Checks that sessions with another origin, and sessions without one, are unchanged.
pub async fn revoking_an_origin_leaves_other_sessions_unchanged(store: StoreUnderTest) {
    let promise = "`delete_all_of_origin` leaves all other sessions unchanged";
    given(&store, 1, Some(ORIGIN)).await;
    let others = [
        given(&store, 2, None).await,
        given(&store, 3, Some([8; 16])).await,
        store.given(RecordBuilder::new(4)).await,
        store.given(RecordBuilder::complete(5)).await,
    ];
    expect(promise, 1, revoke(&store, ORIGIN).await);
    for other in &others {
        store.holds(promise, other).await;
    }
}

/// Checks that an unknown origin has no sessions to delete.
pub async fn revoking_an_unknown_origin_deletes_nothing(store: StoreUnderTest) {
    let promise = "`delete_all_of_origin` of an unknown origin removes nothing";
    expect(promise, 0, revoke(&store, ORIGIN).await);
    let others = [
        given(&store, 1, None).await,
        given(&store, 2, Some([8; 16])).await,
    ];
    expect(promise, 0, revoke(&store, ORIGIN).await);
    for other in &others {
        store.holds(promise, other).await;
    }
}

/// Checks that `delete_all_of_origin` is idempotent, and that the origin may begin sessions again.
pub async fn revoking_an_origin_again_deletes_only_new_sessions(store: StoreUnderTest) {
    let promise = "`delete_all_of_origin` is idempotent, and finds later sessions";
    for n in 0..3 {
        given(&store, n, Some(ORIGIN)).await;
        expect(promise, 1, revoke(&store, ORIGIN).await);
        expect(promise, 0, revoke(&store, ORIGIN).await);
    }
}

/// Checks that origins which differ in one bit are distinguished.
pub async fn revoking_compares_all_bytes_of_an_origin(store: StoreUnderTest) {
    let promise = "`delete_all_of_origin` compares all bytes of the origin";
    let near = [(0, 1), (0, 0x80), (7, 1), (15, 1), (15, 0x80)].map(near);
    for (n, origin) in (0..).zip(near) {
        given(&store, n, Some(origin)).await;
    }
    expect(promise, 0, revoke(&store, ORIGIN).await);
    for origin in near {
        expect(promise, 1, revoke(&store, origin).await);
    }
}

/// Returns an origin that differs in a bit of a byte.
fn near((byte, bit): (usize, u8)) -> [u8; 16] {
    let mut origin = ORIGIN;
    origin[byte] ^= bit;
    origin
}

/// Checks that neither a renewal nor an extension takes a session from its origin.
pub async fn an_origin_survives_replacements_and_touches(store: StoreUnderTest) {
    let promise = "`delete_all_of_origin` finds a session after `replace` and `touch`";
    for n in 0..3 {
        let record = given(&store, n, Some(ORIGIN)).await;
        let renewed = RecordBuilder::from(next(&record, r#"{"renewed":true}"#));
        let renewed = renewed.secret([9; 32]).build();
        store.replaced(promise, &renewed, record.revision).await;
        let extended = RecordBuilder::from(renewed).expires_at(after(700_000));
        store.touched(promise, &extended.build()).await;
    }
    expect(promise, 3, revoke(&store, ORIGIN).await);
    expect(promise, vec![], store.ids_of("ada").await);
}

/// Checks that the current origin of a session decides, and not a previous one.
pub async fn revoking_uses_the_origin_set_by_a_replacement(store: StoreUnderTest) {
    let promise = "`delete_all_of_origin` uses the origin that `replace` set";
    let mut record = given(&store, 1, None).await;
    for origin in [Some(ORIGIN), Some([8; 16]), None, Some(ORIGIN)] {
        let moved = RecordBuilder::from(next(&record, "{}")).origin(origin);
        let moved = moved.build();
        store.replaced(promise, &moved, record.revision).await;
        for other in [ORIGIN, [8; 16]] {
            if origin != Some(other) {
                expect(promise, 0, revoke(&store, other).await);
            }
        }
        record = moved;
    }
    store.holds(promise, &record).await;
    expect(promise, 1, revoke(&store, ORIGIN).await);
}

/// Checks that a session with an origin keeps it when it gets another principal.
pub async fn an_origin_is_independent_of_the_principal(store: StoreUnderTest) {
    let promise = "`delete_all_of_origin` finds a session whose principal changed";
    let record = store
        .given(RecordBuilder::new(1).origin(Some(ORIGIN)))
        .await;
    let owned = RecordBuilder::from(next(&record, "{}")).principal("ada");
    let owned = owned.build();
    store.replaced(promise, &owned, record.revision).await;
    expect(promise, vec![id(1)], store.ids_of("ada").await);
    let moved = RecordBuilder::from(next(&owned, "{}")).principal("bob");
    store
        .replaced(promise, &moved.build(), owned.revision)
        .await;
    expect(promise, vec![], store.ids_of("ada").await);
    expect(promise, 1, revoke(&store, ORIGIN).await);
    expect(promise, vec![], store.ids_of("bob").await);
}

/// Checks that a session which ended in another way does not count.
pub async fn revoking_an_origin_does_not_count_deleted_sessions(store: StoreUnderTest) {
    let promise = "`delete_all_of_origin` does not count sessions that are gone";
    for n in 0..4 {
        let record = RecordBuilder::new(n).origin(Some(ORIGIN)).principal("ada");
        store.given(record.expires_at(after(10 + n as i64))).await;
    }
    expect(promise, true, store.delete(id(3), None).await);
    expect(promise, 1, store.delete_expired(after(10), 10).await);
    expect(promise, 2, revoke(&store, ORIGIN).await);
    expect(promise, 0, store.delete_expired(after(20), 10).await);
}

async fn given(store: &StoreUnderTest, n: u64, origin: Option<[u8; 16]>) -> Arc<SessionRecord> {
    let record = RecordBuilder::new(n).principal("ada");
    store.given(record.origin(origin)).await
}

/// Deletes all sessions of an origin. Returns their number.
pub(super) async fn revoke(store: &StoreUnderTest, origin: [u8; 16]) -> u64 {
    let origin = OriginHash::from_bytes(origin);
    store.delete_all_of_origin(&origin).await
}
