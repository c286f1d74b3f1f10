//! `sessions_of` lists a part of the sessions of a principal.

use std::num::NonZeroU32;
use std::ops::Range;

use session::SessionId;
use session::store::Page;

use crate::expect::expect;
use crate::record::{RecordBuilder, id, principal};
use crate::store::StoreUnderTest;

/// Checks pages of each size up to one that has room for all sessions.
pub async fn pages_together_list_each_session_once(store: StoreUnderTest) {
    let promise = "`sessions_of` lists each session of the principal on one page";
    given(&store, 0..20).await;
    for limit in 1..22 {
        expect(promise, ids(0..20), all_pages(&store, limit).await);
    }
}

/// The number of the session before a page, the limit, and the numbers on the page.
const PAGES: [(Option<u64>, u32, Range<u64>); 9] = [
    (None, 1, 0..1),
    (None, 7, 0..7),
    (Some(6), 7, 7..14),
    (Some(12), 7, 13..20),
    (Some(13), 7, 14..20),
    (Some(18), 7, 19..20),
    (Some(19), 7, 20..20),
    (None, u32::MAX, 0..20),
    (Some(4), u32::MAX, 5..20),
];

/// Checks that sessions of others between those of the principal take no room of the page.
pub async fn a_page_is_full_unless_it_is_the_last_one(store: StoreUnderTest) {
    let promise = "a page of `sessions_of` has as many sessions as its limit and the rest permit";
    given(&store, 0..20).await;
    for (after, limit, expected) in PAGES {
        let after = after.map(|n| id(3 * n));
        expect(promise, ids(expected), page_of(&store, after, limit).await);
    }
}

/// Checks ids between, before and after those of the principal.
pub async fn a_page_begins_after_an_id_without_a_session(store: StoreUnderTest) {
    let promise = "a page of `sessions_of` begins after an id, whether there is such a session";
    given(&store, 5..10).await;
    let (first, last) = ([0, 14], [28, 1 << 61]);
    let befores = first.map(|n| (n, 5..7)).into_iter();
    let afters = last.map(|n| (n, 10..10));
    for (after, expected) in befores.chain([(16, 6..8), (20, 7..9)]).chain(afters) {
        let page = page_of(&store, Some(id(after)), 2).await;
        expect(promise, ids(expected), page);
    }
}

/// Checks that a page is found by ids, not by the number of the sessions before it.
pub async fn sessions_that_end_between_pages_hide_no_other(store: StoreUnderTest) {
    let promise = "`sessions_of` leaves out no session because others have ended";
    given(&store, 0..20).await;
    let first = page_of(&store, None, 5).await;
    expect(promise, ids(0..5), first);
    for n in [0, 3, 4, 6] {
        store.delete(id(3 * n), None).await;
    }
    let expected = [5, 7, 8, 9, 10].map(|n| id(3 * n)).to_vec();
    expect(promise, expected, page_of(&store, Some(id(12)), 5).await);
}

/// Creates sessions of `ada`, with those of `bob` and of nobody between them.
async fn given(store: &StoreUnderTest, numbers: Range<u64>) {
    // The order of creation is not that of the ids.
    for n in numbers.rev().map(|n| 3 * n) {
        store.given(RecordBuilder::new(n).principal("ada")).await;
        store
            .given(RecordBuilder::new(n + 1).principal("bob"))
            .await;
        store.given(RecordBuilder::new(n + 2)).await;
    }
}

/// Returns the sessions of all pages of a principal with this limit.
async fn all_pages(store: &StoreUnderTest, limit: u32) -> Vec<SessionId> {
    let (mut found, mut next) = (vec![], Some(page(None, limit)));
    while let Some(page) = next {
        let sessions = store.page_of(&principal("ada"), page).await;
        next = page.next(&sessions);
        found.extend(sessions.iter().map(|session| session.id));
        assert!(found.len() <= 20, "the pages of `sessions_of` do not end");
    }
    found
}

async fn page_of(store: &StoreUnderTest, after: Option<SessionId>, limit: u32) -> Vec<SessionId> {
    let sessions = store.page_of(&principal("ada"), page(after, limit)).await;
    sessions.into_iter().map(|session| session.id).collect()
}

fn page(after: Option<SessionId>, limit: u32) -> Page {
    let limit = NonZeroU32::new(limit).expect("the limit is not zero");
    Page { after, limit }
}

fn ids(numbers: Range<u64>) -> Vec<SessionId> {
    numbers.map(|n| id(3 * n)).collect()
}
