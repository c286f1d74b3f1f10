//! `sessions_of` lists the current sessions of a principal.

use std::sync::Arc;

use session::SessionId;
use session::store::{Extension, SessionRecord};

use crate::expect::expect;
use crate::record::{RecordBuilder, after, id, next, principal};
use crate::store::StoreUnderTest;

/// Checks that the list of an unknown principal is empty.
pub async fn an_unknown_principal_has_no_sessions(store: StoreUnderTest) {
    let promise = "`sessions_of` an unknown principal is empty";
    expect(promise, vec![], store.ids_of("ada").await);
    store.given(RecordBuilder::new(1)).await;
    store.given(RecordBuilder::new(2).principal("bob")).await;
    expect(promise, vec![], store.ids_of("ada").await);
}

/// Checks that all sessions are listed, from none to sixty.
pub async fn all_sessions_of_a_principal_are_listed(store: StoreUnderTest) {
    for n in 0..60 {
        let promise = "`sessions_of` lists every session of the principal";
        expect(promise, ids(0..n), store.ids_of("ada").await);
        given(&store, n, "ada").await;
    }
}

/// Checks that ids are ordered as unsigned numbers, the most significant byte first.
pub async fn listed_sessions_are_ordered_by_id(store: StoreUnderTest) {
    let promise = "`sessions_of` is ordered by id";
    let mut numbers = vec![0x7f, 0x80, 0xff, 0x100, 0x8000, 0x7fff];
    numbers.extend([1 << 40, (1 << 62) - 1, 0]);
    numbers.extend([0xff << 48, 0x7f << 48, 0x80 << 24, 0x7f << 24]);
    for n in &numbers {
        given(&store, *n, "ada").await;
    }
    numbers.sort_unstable();
    expect(promise, ids(numbers), store.ids_of("ada").await);
}

/// Checks that a list contains neither the sessions of others nor sessions without a principal.
pub async fn sessions_of_other_principals_are_not_listed(store: StoreUnderTest) {
    let promise = "`sessions_of` lists only the sessions of the given principal";
    for n in 0..4 {
        given(&store, 3 * n, "ada").await;
        given(&store, 3 * n + 1, "bob").await;
        store.given(RecordBuilder::new(3 * n + 2)).await;
    }
    expect(promise, ids([0, 3, 6, 9]), store.ids_of("ada").await);
    expect(promise, ids([1, 4, 7, 10]), store.ids_of("bob").await);
}

/// Checks names that some collation or pattern considers equal.
pub async fn listing_compares_principals_byte_for_byte(store: StoreUnderTest) {
    let promise = "`sessions_of` compares principals byte for byte";
    for (n, name) in SIMILAR_NAMES.iter().enumerate() {
        given(&store, n as u64, name).await;
    }
    for (n, name) in SIMILAR_NAMES.iter().enumerate() {
        let promise = format!("{promise} ({name:?})");
        expect(&promise, ids([n as u64]), store.ids_of(name).await);
    }
}

/// Checks that principals of 255 bytes are compared up to the last byte.
pub async fn principals_of_maximum_length_are_distinguished(store: StoreUnderTest) {
    let promise = "`sessions_of` compares all 255 bytes of a principal";
    let (long, wide) = ("x".repeat(254), "🦀".repeat(63));
    let [ending_in_a, ending_in_b] = [format!("{long}a"), format!("{long}b")];
    let names = [ending_in_a, ending_in_b, long, format!("{wide}abc"), wide];
    for (n, name) in names.iter().enumerate() {
        given(&store, n as u64, name).await;
    }
    for (n, name) in names.iter().enumerate() {
        expect(promise, ids([n as u64]), store.ids_of(name).await);
    }
}

/// Checks that each summary has the values of its record.
pub async fn a_summary_has_the_values_of_its_record(store: StoreUnderTest) {
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
    assert_summaries(&store, promise, &records).await;
}

/// Checks that the values of a replacement are in the next summary.
pub async fn a_summary_reflects_a_replacement(store: StoreUnderTest) {
    let record = store
        .given(RecordBuilder::complete(1).principal("ada"))
        .await;
    let newer = RecordBuilder::complete(2).id(record.id).revision(2);
    let newer = newer.principal("ada").build();
    _ = store.replace(&newer, record.revision).await;
    let promise = "`sessions_of` returns the values that `replace` wrote";
    assert_summaries(&store, promise, &[newer]).await;
}

/// Checks that the times of a touch are in the next summary.
pub async fn a_summary_reflects_a_touch(store: StoreUnderTest) {
    let mut record = store.given(RecordBuilder::new(1).principal("ada")).await;
    Arc::make_mut(&mut record).last_active_at = after(70);
    Arc::make_mut(&mut record).expires_at = after(700_000);
    let extension = Extension {
        last_active_at: record.last_active_at,
        expires_at: record.expires_at,
    };
    _ = store.touch(record.id, &record.secret, extension).await;
    let promise = "`sessions_of` returns the times that `touch` wrote";
    assert_summaries(&store, promise, &[record]).await;
}

/// Checks that a deleted session is not listed any more.
pub async fn a_deleted_session_is_not_listed(store: StoreUnderTest) {
    let promise = "`sessions_of` does not list a deleted session";
    for n in 0..3 {
        given(&store, n, "ada").await;
    }
    store.delete(id(1), None).await;
    expect(promise, ids([0, 2]), store.ids_of("ada").await);
}

/// Checks that a session is listed as soon as it has a principal.
pub async fn a_session_is_listed_after_a_replacement_sets_its_principal(store: StoreUnderTest) {
    let promise = "`sessions_of` lists a session after `replace` set its principal";
    let record = store.given(RecordBuilder::new(1)).await;
    let owned = RecordBuilder::from(next(&record, "{}")).principal("ada");
    _ = store.replace(&owned.build(), record.revision).await;
    expect(promise, ids([1]), store.ids_of("ada").await);
}

/// Checks that a session is not listed any more once it has no principal.
pub async fn a_session_is_not_listed_after_a_replacement_clears_its_principal(
    store: StoreUnderTest,
) {
    let promise = "`sessions_of` does not list a session after `replace` cleared its principal";
    let record = given(&store, 1, "ada").await;
    let free = RecordBuilder::from(next(&record, "{}")).without_principal();
    _ = store.replace(&free.build(), record.revision).await;
    expect(promise, vec![], store.ids_of("ada").await);
}

/// Checks that a session whose principal changes is listed once, in any sequence of principals.
pub async fn a_session_is_listed_under_its_current_principal_only(store: StoreUnderTest) {
    let promise = "`sessions_of` lists a session only under its current principal";
    const NAMES: [&str; 3] = ["ada", "bob", "eve"];
    let mut record = given(&store, 1, "ada").await;
    for owner in ["bob", "eve", "ada"] {
        let moved = RecordBuilder::from(next(&record, "{}")).principal(owner);
        let moved = moved.build();
        _ = store.replace(&moved, record.revision).await;
        for name in NAMES {
            let expected = if name == owner { ids([1]) } else { vec![] };
            expect(promise, expected, store.ids_of(name).await);
        }
        record = moved;
    }
}

/// Checks that a principal without sessions can get new ones.
pub async fn a_principal_is_listed_again_after_all_sessions_were_deleted(store: StoreUnderTest) {
    let promise = "`sessions_of` lists a session created after others were deleted";
    for n in 0..3 {
        given(&store, n, "ada").await;
        store.delete(id(n), None).await;
    }
    given(&store, 9, "ada").await;
    expect(promise, ids([9]), store.ids_of("ada").await);
}

async fn assert_summaries(store: &StoreUnderTest, promise: &str, records: &[Arc<SessionRecord>]) {
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

/// Names that some collation or pattern considers equal.
pub(super) const SIMILAR_NAMES: [&str; 19] = [
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
