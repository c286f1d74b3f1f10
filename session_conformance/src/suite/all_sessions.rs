//! `all_sessions` returns the sessions of all records, in steps.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;

use session::SessionId;
use session::store::{SessionRecord, SessionSummary, WalkCursor};

use super::cutoff::{BATCH, Crowd, MAX_STEPS};
use crate::expect::{expect, require};
use crate::record::{RecordBuilder, after, id, next};
use crate::store::StoreUnderTest;

/// Checks that there is nothing where nothing was created.
pub async fn an_empty_store_has_no_sessions(store: StoreUnderTest) {
    let promise = "`all_sessions` of an empty store returns nothing";
    expect(promise, BTreeMap::new(), all_sessions(&store, BATCH).await);
}

/// Checks sessions with a principal and without one, with all fields and with few.
pub async fn a_walk_returns_each_session_with_the_values_of_its_record(store: StoreUnderTest) {
    let promise = "`all_sessions` returns each session with the values of its record";
    let mut expected = BTreeMap::new();
    for builder in [
        RecordBuilder::new(1),
        RecordBuilder::new(2).principal("ada"),
        RecordBuilder::complete(3),
        RecordBuilder::complete(4).without_principal(),
    ] {
        let record = store.given(builder).await;
        expected.insert(record.id, record.summary());
    }
    expect(promise, expected, all_sessions(&store, BATCH).await);
}

/// Checks that the latest values are returned.
pub async fn a_walk_returns_the_latest_values(store: StoreUnderTest) {
    let promise = "`all_sessions` returns what the last `replace` and `touch` have written";
    let record = store.given(RecordBuilder::complete(1)).await;
    let written = RecordBuilder::from(next(&record, "{}"));
    let written = written.authenticated_at(Some(after(30))).build();
    store.replaced(promise, &written, record.revision).await;
    let mut extended = SessionRecord::clone(&written);
    extended.last_active_at = after(900);
    extended.expires_at = after(900_000);
    store.touched(promise, &extended).await;
    let found = all_sessions(&store, BATCH).await.into_values();
    let found: Vec<_> = found.collect();
    expect(promise, vec![extended.summary()], found);
}

/// Checks that a walk changes no record.
pub async fn a_walk_leaves_records_as_they_are(store: StoreUnderTest) {
    let promise = "`all_sessions` changes no record";
    let record = store.given(RecordBuilder::complete(1)).await;
    all_sessions(&store, BATCH).await;
    expect(promise, Some(record), store.load(id(1)).await);
}

/// Checks that only sessions that are there are returned.
pub async fn a_walk_leaves_out_deleted_sessions(store: StoreUnderTest) {
    let promise = "`all_sessions` leaves out a session that was deleted";
    for n in 0..3 {
        store.given(RecordBuilder::new(n)).await;
    }
    store.delete(id(1), None).await;
    expect(
        promise,
        BTreeSet::from([id(0), id(2)]),
        ids(&store, BATCH).await,
    );
}

/// Checks that a deadline that has passed changes nothing else.
pub async fn a_walk_returns_an_expired_session_unchanged_or_not_at_all(store: StoreUnderTest) {
    let promise = "`all_sessions` returns an expired session unchanged, or leaves it out";
    let expired = RecordBuilder::complete(1).expires_at(after(-1_000_000));
    let expired = store.given(expired).await;
    let found = all_sessions(&store, BATCH).await;
    let found: Vec<_> = found.into_values().collect();
    let holds = found.is_empty() || found == [expired.summary()];
    require(promise, holds, "its summary, or nothing", &found);
}

/// Checks that a small batch means many steps, and that these return everything.
pub async fn a_walk_through_many_sessions_takes_many_steps(store: StoreUnderTest) {
    let promise = "`all_sessions` returns all sessions, in steps of about one batch";
    const RECORDS: u64 = 700;
    let expected = given(&store, RECORDS).await;
    let walk = Walk::through(&store, 10).await;
    let is_small = walk.largest <= RECORDS as usize / 4;
    require(promise, is_small, "small steps", &walk.largest);
    expect(promise, expected, walk.into_ids());
}

/// Checks that new sessions neither hide others nor keep the steps from their end.
pub async fn a_walk_ends_while_sessions_begin(store: StoreUnderTest) {
    let promise = "the steps of `all_sessions` come to an end while records are created";
    let expected = given(&store, 100).await;
    let mut crowd = Crowd::beside(Walk::through(&store, 10).await.steps);
    let mut walk = Walk::new(&store, 10);
    while walk.step().await {
        for n in crowd.next(promise, walk.steps) {
            store.given(RecordBuilder::new(n)).await;
        }
    }
    walk.expect_all(promise, &expected);
}

/// Checks that the place in the walk is not the number of the sessions before it.
pub async fn sessions_that_end_during_a_walk_hide_no_other(store: StoreUnderTest) {
    let promise = "`all_sessions` leaves out no session because others have ended";
    let expected = given(&store, 300).await;
    let mut walk = Walk::new(&store, 10);
    let mut is_more = true;
    while is_more {
        let before = walk.found.len();
        is_more = walk.step().await;
        for summary in walk.found[before..].iter().step_by(2) {
            store.delete(summary.id, None).await;
        }
    }
    walk.expect_all(promise, &expected);
}

/// Checks that a batch may be larger than the store.
pub async fn a_walk_accepts_the_largest_batch(store: StoreUnderTest) {
    let promise = "`all_sessions` accepts a batch of any size";
    let expected = given(&store, 3).await;
    expect(promise, expected, ids(&store, u32::MAX).await);
}

/// Creates this number of sessions, and returns their ids.
async fn given(store: &StoreUnderTest, records: u64) -> BTreeSet<SessionId> {
    for n in 0..records {
        store.given(RecordBuilder::new(n)).await;
    }
    (0..records).map(id).collect()
}

/// Runs all steps. Returns the summaries by their ids.
async fn all_sessions(store: &StoreUnderTest, batch: u32) -> BTreeMap<SessionId, SessionSummary> {
    let found = Walk::through(store, batch).await.found.into_iter();
    found.map(|summary| (summary.id, summary)).collect()
}

/// Runs all steps. Returns the ids.
pub(super) async fn ids(store: &StoreUnderTest, batch: u32) -> BTreeSet<SessionId> {
    all_sessions(store, batch).await.into_keys().collect()
}

/// A walk in steps.
struct Walk<'s> {
    store: &'s StoreUnderTest,
    batch: NonZeroU32,
    from: Option<WalkCursor>,
    found: Vec<SessionSummary>,
    steps: usize,
    /// The largest number of sessions that a step returned.
    largest: usize,
}

impl<'s> Walk<'s> {
    fn new(store: &'s StoreUnderTest, batch: u32) -> Self {
        Self {
            store,
            batch: NonZeroU32::new(batch).expect("a batch has at least one record"),
            from: None,
            found: Vec::new(),
            steps: 0,
            largest: 0,
        }
    }

    /// Runs all steps.
    async fn through(store: &'s StoreUnderTest, batch: u32) -> Self {
        let mut walk = Self::new(store, batch);
        while walk.step().await {}
        walk
    }

    /// Runs the next step. Returns `true` if it was not the last one.
    async fn step(&mut self) -> bool {
        let step = self.store.all_sessions(self.batch, self.from.as_ref());
        let step = step.await;
        let promise = "`all_sessions` can read each record that this version has written";
        expect(promise, Vec::<SessionId>::new(), step.unreadable);
        self.largest = self.largest.max(step.sessions.len());
        self.found.extend(step.sessions);
        self.from = step.next;
        self.steps += 1;
        let promise = "the steps of `all_sessions` come to an end";
        require(promise, self.steps < MAX_STEPS, "fewer steps", &self.steps);
        self.from.is_some()
    }

    /// Expects that each of these sessions was found.
    fn expect_all(self, promise: &str, expected: &BTreeSet<SessionId>) {
        let found = self.into_ids();
        let has_all = found.is_superset(expected);
        require(promise, has_all, "all sessions", &found);
    }

    fn into_ids(self) -> BTreeSet<SessionId> {
        self.found.into_iter().map(|summary| summary.id).collect()
    }
}
