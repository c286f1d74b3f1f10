//! `delete_created_until` removes the records from before a moment, in steps.

use std::num::NonZeroU32;
use std::ops::Range;
use std::sync::Arc;

use session::SessionId;
use session::store::{SessionRecord, WalkCursor};
use time::{Duration, UtcDateTime};

use crate::expect::{expect, require};
use crate::record::{RecordBuilder, after, end_of_calendar, id, next};
use crate::store::StoreUnderTest;

const OWNER: &str = "ada";

/// A batch that is larger than most stores of the suite. A small one means many steps on a store
/// that shares its keys with others.
pub(super) const BATCH: u32 = 1_000;

/// The most steps of a walk in this suite: no store needs nearly as many.
pub(super) const MAX_STEPS: usize = 100_000;

/// Checks that a record from the moment itself is removed.
pub async fn a_cutoff_removes_a_record_from_its_moment(store: StoreUnderTest) {
    let promise = "`delete_created_until` removes a record that was created at the given time";
    let record = given(&store, 1, after(10)).await;
    expect(promise, 1, cut_off(&store, after(10), BATCH).await);
    store.holds_nothing(promise, record.id).await;
}

/// Checks that a record from one microsecond later is spared.
pub async fn a_cutoff_spares_a_record_from_after_its_moment(store: StoreUnderTest) {
    let promise = "`delete_created_until` spares a record that was created a microsecond later";
    let record = given(&store, 1, after(10) + Duration::MICROSECOND).await;
    expect(promise, 0, cut_off(&store, after(10), BATCH).await);
    store.holds(promise, &record).await;
}

/// Checks that neither the id nor the deadline decides.
pub async fn a_cutoff_compares_the_time_of_creation_alone(store: StoreUnderTest) {
    let promise = "`delete_created_until` compares the time of creation, and nothing else";
    let spared = given(&store, 1, after(11)).await;
    let ended = given(&store, 2, after(9)).await;
    let last = RecordBuilder::new(3).created_at(after(8));
    let last = store.given(last.expires_at(end_of_calendar())).await;
    expect(promise, 2, cut_off(&store, after(10), BATCH).await);
    for id in [ended.id, last.id] {
        store.holds_nothing(promise, id).await;
    }
    store.holds(promise, &spared).await;
}

/// Checks that a session ends although it was written and extended since.
pub async fn a_cutoff_removes_a_record_that_was_written_later(store: StoreUnderTest) {
    let promise = "`delete_created_until` removes a record that was written after the given time";
    let record = given(&store, 1, after(1)).await;
    let written = next(&record, r#"{"later":true}"#);
    store.replaced(promise, &written, record.revision).await;
    let mut extended = SessionRecord::clone(&written);
    extended.last_active_at = after(20);
    extended.expires_at = after(900_000);
    store.touched(promise, &extended).await;
    expect(promise, 1, cut_off(&store, after(10), BATCH).await);
    store.holds_nothing(promise, record.id).await;
}

/// Checks that a small batch means many steps, and that these leave nothing.
pub async fn a_cutoff_of_many_records_takes_many_steps(store: StoreUnderTest) {
    let promise = "`delete_created_until` removes all records, in steps of about one batch";
    const RECORDS: u64 = 700;
    for n in 0..RECORDS {
        given(&store, n, after(1)).await;
    }
    let mut walk = Walk::new(&store, after(10), 10);
    while walk.step().await {}
    let steps = walk.steps;
    let largest = steps.iter().max().copied().unwrap_or(0);
    require(promise, largest <= RECORDS / 4, "small steps", &largest);
    expect(promise, RECORDS, steps.iter().sum());
    expect(promise, Vec::<SessionId>::new(), store.ids_of(OWNER).await);
}

/// Checks that new sessions neither end nor keep the steps from their end.
pub async fn a_cutoff_ends_while_sessions_begin(store: StoreUnderTest) {
    let promise = "the steps of `delete_created_until` come to an end while records are created";
    for n in 0..100 {
        given(&store, n, after(1)).await;
    }
    let mut undisturbed = Walk::new(&store, UtcDateTime::UNIX_EPOCH, 10);
    while undisturbed.step().await {}
    let mut crowd = Crowd::beside(undisturbed.steps.len());
    let mut walk = Walk::new(&store, after(10), 10);
    while walk.step().await {
        for n in crowd.next(promise, walk.steps.len()) {
            given(&store, n, after(11)).await;
        }
    }
    expect(promise, 100, walk.steps.iter().sum());
    let begun = store.ids_of(OWNER).await.len() as u64;
    expect(promise, crowd.begun, begun);
}

/// The sessions that begin during a walk with steps of ten records: ten in each step.
///
/// So a walk that goes on to the newest session would never end. A store may share its keys with
/// others. It then takes many steps, and its walk lasts longer the more sessions begin. So no more
/// begin than are necessary where the store is alone.
pub(super) struct Crowd {
    /// The number of steps after which the walk is considered endless.
    limit: usize,
    /// The number of sessions that have begun.
    pub(super) begun: u64,
}

impl Crowd {
    const MOST: u64 = 4_000;

    /// Returns the sessions beside a walk that took this number of steps without them.
    pub(super) fn beside(undisturbed: usize) -> Self {
        Self {
            limit: 10 * undisturbed + 200,
            begun: 0,
        }
    }

    /// Returns the numbers of the sessions that begin after this number of steps.
    pub(super) fn next(&mut self, promise: &str, steps: usize) -> Range<u64> {
        let is_near = steps < self.limit;
        require(
            promise,
            is_near,
            "about as many steps as without them",
            &steps,
        );
        let first = 1_000 + self.begun;
        self.begun = Self::MOST.min(self.begun + 10);
        first..1_000 + self.begun
    }
}

/// Checks that nothing is removed where there is nothing to remove.
pub async fn a_cutoff_of_an_empty_store_removes_nothing(store: StoreUnderTest) {
    let promise = "`delete_created_until` of an empty store removes nothing";
    expect(promise, 0, cut_off(&store, after(10), BATCH).await);
}

/// Checks that a deleted record is not counted again.
pub async fn a_repeated_cutoff_removes_nothing_more(store: StoreUnderTest) {
    let promise = "`delete_created_until` counts each record once";
    for n in 0..5 {
        given(&store, n, after(1)).await;
    }
    store.delete(id(0), None).await;
    for removed in [4, 0] {
        expect(promise, removed, cut_off(&store, after(10), BATCH).await);
    }
}

/// Checks that a batch may be larger than the store.
pub async fn a_cutoff_accepts_the_largest_batch(store: StoreUnderTest) {
    let promise = "`delete_created_until` accepts a batch of any size";
    for n in 0..3 {
        given(&store, n, after(1)).await;
    }
    expect(promise, 3, cut_off(&store, after(10), u32::MAX).await);
}

/// Checks the ends of the range of times.
pub async fn a_cutoff_accepts_extreme_times(store: StoreUnderTest) {
    let promise = "`delete_created_until` accepts any time";
    given(&store, 1, after(1)).await;
    let last = end_of_calendar();
    given(&store, 2, last).await;
    let before_last = last - Duration::MICROSECOND;
    for (until, removed) in [(UtcDateTime::UNIX_EPOCH, 0), (before_last, 1), (last, 1)] {
        expect(promise, removed, cut_off(&store, until, BATCH).await);
    }
}

/// Checks that a removed record is removed from the list of its principal as well.
pub async fn a_session_that_was_cut_off_is_no_longer_listed(store: StoreUnderTest) {
    let promise = "`delete_created_until` removes sessions from the lists of their principals";
    given(&store, 1, after(1)).await;
    given(&store, 2, after(30)).await;
    cut_off(&store, after(10), BATCH).await;
    expect(promise, vec![id(2)], store.ids_of(OWNER).await);
}

/// Runs all steps. Returns the number of removed records.
pub(super) async fn cut_off(store: &StoreUnderTest, until: UtcDateTime, batch: u32) -> u64 {
    let mut walk = Walk::new(store, until, batch);
    while walk.step().await {}
    walk.steps.into_iter().sum()
}

/// A deletion in steps.
struct Walk<'s> {
    store: &'s StoreUnderTest,
    until: UtcDateTime,
    batch: NonZeroU32,
    from: Option<WalkCursor>,
    /// The number of records that each step removed.
    steps: Vec<u64>,
}

impl<'s> Walk<'s> {
    fn new(store: &'s StoreUnderTest, until: UtcDateTime, batch: u32) -> Self {
        Self {
            store,
            until,
            batch: NonZeroU32::new(batch).expect("a batch has at least one record"),
            from: None,
            steps: Vec::new(),
        }
    }

    /// Runs the next step. Returns `true` if it was not the last one.
    async fn step(&mut self) -> bool {
        let (until, batch) = (self.until, self.batch);
        let step = self
            .store
            .delete_created_until(until, batch, self.from.as_ref());
        let step = step.await;
        self.steps.push(step.deleted);
        self.from = step.next;
        let promise = "the steps of `delete_created_until` come to an end";
        let count = self.steps.len();
        require(promise, count < MAX_STEPS, "fewer steps", &count);
        self.from.is_some()
    }
}

async fn given(store: &StoreUnderTest, n: u64, created_at: UtcDateTime) -> Arc<SessionRecord> {
    let record = RecordBuilder::new(n).principal(OWNER);
    store.given(record.created_at(created_at)).await
}
