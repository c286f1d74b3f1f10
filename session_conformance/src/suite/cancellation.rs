//! An operation whose future is dropped has run completely or not at all.

use std::sync::Arc;

use session::store::{Extension, SessionRecord};

use super::origins::revoke;
use crate::expect::{expect, expect_record, require};
use crate::record::{RecordBuilder, after, id, next, principal};
use crate::store::StoreUnderTest;
use crate::tasks::{cancel_after, in_parallel};

/// The numbers of times that an operation yields to other tasks before it is dropped.
const YIELDS: [u32; 11] = [0, 1, 2, 3, 5, 8, 20, 50, 100, 300, 1_000];

/// Checks that a record is stored completely or not at all.
pub async fn a_cancelled_creation_stores_all_or_nothing(store: StoreUnderTest) {
    let promise = "a cancelled `create` stores all of the record or nothing";
    for (n, yields) in (0..).zip(YIELDS) {
        let record = RecordBuilder::complete(n).principal("ada").build();
        _ = cancel_after(store.create(&record), yields).await;
        let actual = store.load(record.id).await;
        expect_record(promise, actual.as_ref().and(Some(&record)), actual.as_ref());
        if actual.is_some() {
            let sessions = store.ids_of("ada").await;
            let is_listed = sessions.contains(&record.id);
            require(promise, is_listed, "a list with the session", &sessions);
        }
    }
}

/// Checks that the stored record is the old one or the new one.
pub async fn a_cancelled_replacement_writes_all_or_nothing(store: StoreUnderTest) {
    let promise = "a cancelled `replace` writes all of the record or nothing";
    for (n, yields) in (0..).zip(YIELDS) {
        let old = store.given(RecordBuilder::complete(2 * n)).await;
        let new = RecordBuilder::complete(2 * n + 1)
            .id(old.id)
            .revision(2)
            .build();
        _ = cancel_after(store.replace(&new, old.revision), yields).await;
        assert_one_of(&store, promise, [&old, &new]).await;
    }
}

/// Checks that the deadline and the activity are moved together or not at all.
pub async fn a_cancelled_touch_moves_both_times_or_none(store: StoreUnderTest) {
    let promise = "a cancelled `touch` moves both times or none";
    let extension = Extension {
        last_active_at: after(70),
        expires_at: after(700_000),
    };
    for (n, yields) in (0..).zip(YIELDS) {
        let old = store.given(RecordBuilder::complete(n)).await;
        let new = RecordBuilder::from(old.clone()).last_active_at(extension.last_active_at);
        let new = new.expires_at(extension.expires_at).build();
        _ = cancel_after(store.touch(old.id, &old.secret, extension), yields).await;
        assert_one_of(&store, promise, [&old, &new]).await;
    }
}

/// Checks that the record is either unchanged or gone.
pub async fn a_cancelled_deletion_removes_all_or_nothing(store: StoreUnderTest) {
    let promise = "a cancelled `delete` removes all of the record or nothing";
    for (n, yields) in (0..).zip(YIELDS) {
        let record = store.given(RecordBuilder::complete(n)).await;
        _ = cancel_after(store.delete(record.id, None), yields).await;
        let actual = store.load(record.id).await;
        expect_record(promise, actual.as_ref().and(Some(&record)), actual.as_ref());
    }
}

/// Checks that either all sessions of a principal are deleted or none.
pub async fn a_cancelled_revocation_removes_all_or_nothing(store: StoreUnderTest) {
    let promise = "a cancelled `delete_all_of` removes all sessions of the principal or none";
    for (round, yields) in (0..).zip(YIELDS) {
        let owner = format!("owner-{round}");
        for n in 20 * round..20 * (round + 1) {
            store.given(RecordBuilder::new(n).principal(&owner)).await;
        }
        _ = cancel_after(store.delete_all_of(&principal(&owner), None), yields).await;
        let left = store.ids_of(&owner).await.len();
        let is_possible = left == 0 || left == 20;
        require(promise, is_possible, "0 or 20 sessions left", &left);
    }
}

/// Checks that either all sessions of an origin are deleted or none.
pub async fn a_cancelled_revocation_of_an_origin_removes_all_or_nothing(store: StoreUnderTest) {
    let promise = "a cancelled `delete_all_of_origin` removes all sessions of the origin or none";
    for (round, yields) in (0_u8..).zip(YIELDS) {
        let (owner, origin) = (format!("owner-{round}"), [round; 16]);
        for n in 20 * u64::from(round)..20 * (u64::from(round) + 1) {
            let record = RecordBuilder::new(n).principal(&owner);
            store.given(record.origin(Some(origin))).await;
        }
        _ = cancel_after(revoke(&store, origin), yields).await;
        let left = store.ids_of(&owner).await.len();
        let is_possible = left == 0 || left == 20;
        require(promise, is_possible, "0 or 20 sessions left", &left);
    }
}

/// Checks that either a whole batch is removed or nothing.
pub async fn a_cancelled_sweep_removes_a_batch_or_nothing(store: StoreUnderTest) {
    let promise = "a cancelled `delete_expired` removes a whole batch or nothing";
    let mut left = 20 * YIELDS.len();
    for (n, seconds) in (0..left as u64).zip(0..) {
        let record = RecordBuilder::new(n).principal("ada");
        store.given(record.expires_at(after(seconds))).await;
    }
    for yields in YIELDS {
        _ = cancel_after(store.delete_expired(after(9_999), 20), yields).await;
        let now_left = store.ids_of("ada").await.len();
        // A batch of the previous round may have completed meanwhile.
        let is_possible = left.saturating_sub(now_left).is_multiple_of(20);
        require(promise, is_possible, "a multiple of 20 sessions", &now_left);
        left = now_left;
    }
}

/// Checks that cancelled operations release everything that later ones need.
pub async fn a_store_works_after_many_cancelled_operations(store: StoreUnderTest) {
    let promise = "operations succeed after many that were cancelled";
    let record = store.given(RecordBuilder::complete(1_000_000)).await;
    let clients = (0..100).map(|n| {
        let store = store.clone();
        async move { cancel_each_operation(&store, n).await }
    });
    in_parallel(clients).await;
    store.holds(promise, &record).await;
    let newer = next(&record, r#"{"newer":true}"#);
    _ = store.replace(&newer, record.revision).await;
    store.holds(promise, &newer).await;
    let listed = store.ids_of("principal-1000000").await;
    expect(promise, vec![record.id], listed);
    store.delete(record.id, None).await;
    store.holds_nothing(promise, record.id).await;
}

/// Begins each operation once and cancels it.
async fn cancel_each_operation(store: &StoreUnderTest, n: u64) {
    let yields = (n % 17) as u32;
    let record = RecordBuilder::complete(n).build();
    let extension = Extension {
        last_active_at: after(50),
        expires_at: after(50_000),
    };
    _ = cancel_after(store.create(&record), yields).await;
    _ = cancel_after(store.load(record.id), yields).await;
    _ = cancel_after(store.replace(&next(&record, "{}"), record.revision), yields).await;
    _ = cancel_after(store.touch(id(n), &record.secret, extension), yields).await;
    _ = cancel_after(store.sessions_of(&principal("ada")), yields).await;
    _ = cancel_after(store.delete(record.id, None), yields).await;
}

/// Requires that one of two versions of a record is stored.
async fn assert_one_of(store: &StoreUnderTest, promise: &str, versions: [&Arc<SessionRecord>; 2]) {
    let actual = store.load(versions[0].id).await;
    let find = |is_wanted: fn(&SessionRecord, &SessionRecord) -> bool| {
        let actual = actual.as_deref()?;
        versions.into_iter().find(|it| is_wanted(it, actual))
    };
    // If it equals neither, the message compares it with the version of the same revision.
    let expected = find(|version, actual| version == actual)
        .or_else(|| find(|version, actual| version.revision == actual.revision));
    expect_record(promise, expected.or(Some(versions[0])), actual.as_ref());
}
