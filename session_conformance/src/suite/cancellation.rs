//! When a future is dropped, the store is left as if the operation had run or had not.

use std::sync::Arc;

use session::SessionId;
use session::store::{Extension, SessionRecord};

use crate::expect::{expect, expect_record, require};
use crate::record::{id, next, principal};
use crate::tasks::{cut_short, side_by_side};
use crate::{RecordBuilder, StoreUnderTest, after};

/// How many turns of other tasks an operation gets before it is dropped.
const PATIENCE: [u32; 11] = [0, 1, 2, 3, 5, 8, 20, 50, 100, 300, 1_000];

/// The record is stored whole, or not at all.
pub async fn a_creation_cut_short_is_whole_or_absent(store: StoreUnderTest) {
    let promise = "`create`, dropped, has stored the record or not";
    for (n, turns) in (0..).zip(PATIENCE) {
        let record = RecordBuilder::complete(n).principal("ada").build();
        _ = cut_short(store.create(&record), turns).await;
        let actual = store.load(record.id).await;
        expect_record(promise, actual.as_ref().and(Some(&record)), actual.as_ref());
        if actual.is_some() {
            let listed = store.ids_of("ada").await.contains(&record.id);
            require(
                promise,
                listed,
                "the session in the list of its principal",
                &listed,
            );
        }
    }
}

/// The record is the old one or the new one.
pub async fn a_replacement_cut_short_is_whole_or_absent(store: StoreUnderTest) {
    let promise = "`replace`, dropped, has replaced the record or not";
    for (n, turns) in (0..).zip(PATIENCE) {
        let old = store.given(RecordBuilder::complete(2 * n)).await;
        let new = RecordBuilder::complete(2 * n + 1)
            .id(old.id)
            .revision(2)
            .build();
        _ = cut_short(store.replace(&new, old.revision), turns).await;
        is_one_of(&store, promise, [&old, &new]).await;
    }
}

/// The deadline and the activity are moved together, or not at all.
pub async fn a_touch_cut_short_is_whole_or_absent(store: StoreUnderTest) {
    let promise = "`touch`, dropped, has moved both times or none";
    for (n, turns) in (0..).zip(PATIENCE) {
        let old = store.given(RecordBuilder::complete(n)).await;
        let new = RecordBuilder::from(old.clone())
            .last_active_at(after(70))
            .expires_at(after(700_000))
            .build();
        let extension = Extension {
            last_active_at: new.last_active_at,
            expires_at: new.expires_at,
        };
        _ = cut_short(store.touch(old.id, extension), turns).await;
        is_one_of(&store, promise, [&old, &new]).await;
    }
}

/// The record is as it was, or gone.
pub async fn a_deletion_cut_short_is_whole_or_absent(store: StoreUnderTest) {
    let promise = "`delete`, dropped, has removed the record or not";
    for (n, turns) in (0..).zip(PATIENCE) {
        let record = store.given(RecordBuilder::complete(n)).await;
        _ = cut_short(store.delete(record.id), turns).await;
        let actual = store.load(record.id).await;
        expect_record(promise, actual.as_ref().and(Some(&record)), actual.as_ref());
    }
}

/// All sessions are signed out, or none.
pub async fn a_revocation_cut_short_is_whole_or_absent(store: StoreUnderTest) {
    let promise = "`delete_all_of`, dropped, has removed all sessions of the principal or none";
    for (round, turns) in (0..).zip(PATIENCE) {
        let owner = format!("owner-{round}");
        for n in 0..20 {
            store
                .given(RecordBuilder::new(20 * round + n).principal(&owner))
                .await;
        }
        _ = cut_short(store.delete_all_of(&principal(&owner), None), turns).await;
        let left = store.ids_of(&owner).await.len();
        require(
            promise,
            left == 0 || left == 20,
            "0 or 20 sessions left",
            &left,
        );
    }
}

/// A batch is removed, or nothing.
pub async fn a_sweep_cut_short_is_whole_or_absent(store: StoreUnderTest) {
    let promise = "`delete_expired`, dropped, has removed the batch or nothing";
    let mut left = 20 * PATIENCE.len();
    for n in 0..left as u64 {
        store
            .given(
                RecordBuilder::new(n)
                    .principal("ada")
                    .expires_at(after(n as i64)),
            )
            .await;
    }
    for turns in PATIENCE {
        _ = cut_short(store.delete_expired(after(9_999), 20), turns).await;
        let now_left = store.ids_of("ada").await.len();
        // A batch of the round before may have ended meanwhile.
        let batches = left.saturating_sub(now_left).is_multiple_of(20);
        require(
            promise,
            batches,
            "a multiple of 20 sessions left",
            &now_left,
        );
        left = now_left;
    }
}

/// Broken-off operations use up nothing that later ones need.
pub async fn a_store_works_after_many_operations_cut_short(store: StoreUnderTest) {
    let promise = "operations succeed after many that were dropped";
    let record = store.given(RecordBuilder::complete(1_000_000)).await;
    let clients = (0..100).map(|n| {
        let store = store.clone();
        async move { hang_up(&store, n).await }
    });
    side_by_side(clients).await;
    store.holds(promise, &record).await;
    let newer = next(&record, r#"{"newer":true}"#);
    _ = store.replace(&newer, record.revision).await;
    store.holds(promise, &newer).await;
    expect(
        promise,
        vec![record.id],
        store.ids_of("principal-1000000").await,
    );
    store.delete(record.id).await;
    store.holds_nothing(promise, record.id).await;
}

/// Begins each operation once, and breaks it off.
async fn hang_up(store: &StoreUnderTest, n: u64) {
    let turns = (n % 17) as u32;
    let record = RecordBuilder::complete(n).build();
    let extension = Extension {
        last_active_at: after(50),
        expires_at: after(50_000),
    };
    _ = cut_short(store.create(&record), turns).await;
    _ = cut_short(store.load(record.id), turns).await;
    _ = cut_short(store.replace(&next(&record, "{}"), record.revision), turns).await;
    _ = cut_short(store.touch(id(n), extension), turns).await;
    _ = cut_short(store.sessions_of(&principal("ada")), turns).await;
    _ = cut_short(store.delete(record.id), turns).await;
}

async fn is_one_of(store: &StoreUnderTest, promise: &str, versions: [&Arc<SessionRecord>; 2]) {
    let actual = store.load(version_id(versions)).await;
    let same = versions
        .into_iter()
        .find(|version| Some(*version) == actual.as_ref());
    // If it is neither, say how it differs from the one with its revision.
    let nearest = versions.into_iter().find(|version| {
        actual
            .as_ref()
            .is_some_and(|actual| actual.revision == version.revision)
    });
    expect_record(
        promise,
        same.or(nearest).or(Some(versions[0])),
        actual.as_ref(),
    );
}

fn version_id(versions: [&Arc<SessionRecord>; 2]) -> SessionId {
    versions[0].id
}
