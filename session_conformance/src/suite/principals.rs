//! `sessions_of` lists the sessions of a principal, as they are now.

use std::sync::Arc;

use session::SessionId;
use session::store::{Extension, SessionRecord};

use crate::expect::expect;
use crate::record::{id, next, principal};
use crate::{RecordBuilder, StoreUnderTest, after};

/// Who never logged in has no sessions.
pub async fn a_stranger_has_no_sessions(store: StoreUnderTest) {
    let promise = "`sessions_of` a stranger is empty";
    expect(promise, vec![], store.ids_of("ada").await);
    store.given(RecordBuilder::new(1)).await;
    store.given(RecordBuilder::new(2).principal("bob")).await;
    expect(promise, vec![], store.ids_of("ada").await);
}

/// All sessions are listed, one or many.
pub async fn all_sessions_are_listed(store: StoreUnderTest) {
    for n in 0..60 {
        let promise = "`sessions_of` lists every session of the principal";
        expect(promise, ids(0..n), store.ids_of("ada").await);
        given(&store, n, "ada").await;
    }
}

/// Ids are ordered as numbers without a sign, the most significant byte first.
pub async fn sessions_are_ordered_by_id(store: StoreUnderTest) {
    let promise = "`sessions_of` is ordered by id";
    let mut numbers = vec![
        0x7f,
        0x80,
        0xff,
        0x100,
        0x8000,
        0x7fff,
        1 << 40,
        (1 << 62) - 1,
        0,
    ];
    numbers.extend([0xff << 48, 0x7f << 48, 0x80 << 24, 0x7f << 24]);
    for n in &numbers {
        given(&store, *n, "ada").await;
    }
    numbers.sort_unstable();
    expect(promise, ids(numbers), store.ids_of("ada").await);
}

/// Nobody sees another's sessions, nor those of nobody.
pub async fn only_the_sessions_of_that_principal_are_listed(store: StoreUnderTest) {
    let promise = "`sessions_of` lists the sessions of that principal only";
    for n in 0..4 {
        given(&store, 3 * n, "ada").await;
        given(&store, 3 * n + 1, "bob").await;
        store.given(RecordBuilder::new(3 * n + 2)).await;
    }
    expect(promise, ids([0, 3, 6, 9]), store.ids_of("ada").await);
    expect(promise, ids([1, 4, 7, 10]), store.ids_of("bob").await);
}

/// Names that some collation or pattern takes for one another.
pub async fn principals_are_compared_byte_for_byte(store: StoreUnderTest) {
    let promise = "`sessions_of` compares principals byte for byte";
    for (n, name) in SIMILAR_NAMES.iter().enumerate() {
        given(&store, n as u64, name).await;
    }
    for (n, name) in SIMILAR_NAMES.iter().enumerate() {
        let promise = format!("{promise} ({name:?})");
        expect(&promise, ids([n as u64]), store.ids_of(name).await);
    }
}

/// 255 bytes are compared to the last one.
pub async fn the_longest_principals_are_told_apart(store: StoreUnderTest) {
    let promise = "`sessions_of` compares all 255 bytes of a principal";
    let long = "x".repeat(254);
    let names = [
        format!("{long}a"),
        format!("{long}b"),
        long,
        "🦀".repeat(63),
        format!("{}abc", "🦀".repeat(63)),
    ];
    for (n, name) in names.iter().enumerate() {
        given(&store, n as u64, name).await;
    }
    for (n, name) in names.iter().enumerate() {
        expect(promise, ids([n as u64]), store.ids_of(name).await);
    }
}

/// A summary has what the record has.
pub async fn a_summary_tells_what_the_record_says(store: StoreUnderTest) {
    let promise = "`sessions_of` returns the summary of each record";
    let records = [
        store
            .given(RecordBuilder::complete(1).principal("ada"))
            .await,
        store.given(RecordBuilder::new(2).principal("ada")).await,
        store
            .given(RecordBuilder::new(3).principal("ada").label(""))
            .await,
    ];
    summarised(&store, promise, &records).await;
}

/// What a replacement changed is in the next summary.
pub async fn a_summary_follows_a_replacement(store: StoreUnderTest) {
    let record = store
        .given(RecordBuilder::complete(1).principal("ada"))
        .await;
    let newer = RecordBuilder::complete(2).id(record.id).revision(2);
    let newer = newer.principal("ada").build();
    _ = store.replace(&newer, record.revision).await;
    let promise = "`sessions_of` tells what `replace` wrote";
    summarised(&store, promise, &[newer]).await;
}

/// What a touch moved is in the next summary.
pub async fn a_summary_follows_a_touch(store: StoreUnderTest) {
    let mut record = store.given(RecordBuilder::new(1).principal("ada")).await;
    Arc::make_mut(&mut record).last_active_at = after(70);
    Arc::make_mut(&mut record).expires_at = after(700_000);
    let extension = Extension {
        last_active_at: record.last_active_at,
        expires_at: record.expires_at,
    };
    _ = store.touch(record.id, extension).await;
    let promise = "`sessions_of` tells what `touch` moved";
    summarised(&store, promise, &[record]).await;
}

/// A deleted session is listed no more.
pub async fn a_deleted_session_is_not_listed(store: StoreUnderTest) {
    let promise = "`sessions_of` does not list a deleted session";
    for n in 0..3 {
        given(&store, n, "ada").await;
    }
    store.delete(id(1)).await;
    expect(promise, ids([0, 2]), store.ids_of("ada").await);
}

/// A session that somebody logs in to is listed from then on.
pub async fn a_session_gets_a_principal_by_replacement(store: StoreUnderTest) {
    let promise = "`sessions_of` lists a session once `replace` gave it a principal";
    let record = store.given(RecordBuilder::new(1)).await;
    let owned = RecordBuilder::from(next(&record, "{}")).principal("ada");
    _ = store.replace(&owned.build(), record.revision).await;
    expect(promise, ids([1]), store.ids_of("ada").await);
}

/// A session that is given up is listed no more.
pub async fn a_session_loses_its_principal_by_replacement(store: StoreUnderTest) {
    let promise = "`sessions_of` lists a session no more once `replace` took its principal away";
    let record = given(&store, 1, "ada").await;
    let free = RecordBuilder::from(next(&record, "{}")).without_principal();
    _ = store.replace(&free.build(), record.revision).await;
    expect(promise, vec![], store.ids_of("ada").await);
}

/// A session that changes hands is listed in one place, whichever way it went before.
pub async fn a_session_moves_from_principal_to_principal(store: StoreUnderTest) {
    let promise = "`sessions_of` lists a session under the principal that it has now, only";
    let mut record = given(&store, 1, "ada").await;
    for (owner, others) in [
        ("bob", ["ada", "eve"]),
        ("eve", ["ada", "bob"]),
        ("ada", ["bob", "eve"]),
    ] {
        let moved = RecordBuilder::from(next(&record, "{}"))
            .principal(owner)
            .build();
        _ = store.replace(&moved, record.revision).await;
        expect(promise, ids([1]), store.ids_of(owner).await);
        for other in others {
            expect(promise, vec![], store.ids_of(other).await);
        }
        record = moved;
    }
}

/// Somebody may begin again after all sessions have gone.
pub async fn a_principal_may_come_back(store: StoreUnderTest) {
    let promise = "`sessions_of` lists a session created after others were deleted";
    for n in 0..3 {
        given(&store, n, "ada").await;
        store.delete(id(n)).await;
    }
    given(&store, 9, "ada").await;
    expect(promise, ids([9]), store.ids_of("ada").await);
}

async fn summarised(store: &StoreUnderTest, promise: &str, records: &[Arc<SessionRecord>]) {
    let expected: Vec<_> = records.iter().map(|record| record.summary()).collect();
    let actual = store.sessions_of(&principal("ada")).await;
    expect(promise, expected, actual);
}

async fn given(store: &StoreUnderTest, n: u64, owner: &str) -> Arc<SessionRecord> {
    store.given(RecordBuilder::new(n).principal(owner)).await
}

fn ids(numbers: impl IntoIterator<Item = u64>) -> Vec<SessionId> {
    numbers.into_iter().map(id).collect()
}

pub(crate) const SIMILAR_NAMES: [&str; 19] = [
    "ada",
    "Ada",
    "ADA",
    "ada ",
    " ada",
    "ad",
    "adaa",
    "adá",
    "ada\u{301}",
    "ａｄａ",
    "ad%",
    "ad_",
    "a*",
    "straße",
    "strasse",
    "1",
    "01",
    "1.0",
    "+1",
];
