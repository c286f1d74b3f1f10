//! `delete_expired` removes expired records in batches, the earliest deadlines first.

use std::sync::Arc;

use session::store::{Extension, SessionRecord};
use time::{Duration, UtcDateTime};

use crate::expect::expect;
use crate::record::{RecordBuilder, after, end_of_calendar, id, next, secret};
use crate::store::StoreUnderTest;

const OWNER: &str = "ada";

/// Checks that a record is expired at its deadline.
pub async fn a_sweep_removes_a_record_at_its_deadline(store: StoreUnderTest) {
    let promise = "`delete_expired` removes a record whose deadline is the given time";
    let record = given(&store, 1, after(10)).await;
    expect(promise, 1, store.delete_expired(after(10), 10).await);
    store.holds_nothing(promise, record.id).await;
}

/// Checks that a record is live one microsecond before its deadline.
pub async fn a_sweep_spares_a_record_before_its_deadline(store: StoreUnderTest) {
    let promise = "`delete_expired` spares a record that expires a microsecond later";
    let record = given(&store, 1, after(10) + Duration::MICROSECOND).await;
    expect(promise, 0, store.delete_expired(after(10), 10).await);
    store.holds(promise, &record).await;
}

/// Checks that a sweep distinguishes deadlines that differ by a microsecond.
pub async fn a_sweep_compares_deadlines_to_the_microsecond(store: StoreUnderTest) {
    let promise = "`delete_expired` separates deadlines by the microsecond";
    let before = after(10) + Duration::microseconds(500_123);
    for n in 0..7 {
        given(&store, n, before + Duration::microseconds(n as i64 - 3)).await;
    }
    expect(promise, 4, store.delete_expired(before, 100).await);
    expect(promise, ids([4, 5, 6]), store.ids_of(OWNER).await);
}

/// Checks that the earliest deadlines are removed first, whatever the order of ids and of creation.
pub async fn a_sweep_removes_the_earliest_deadlines_first(store: StoreUnderTest) {
    let promise = "`delete_expired` removes the records with the earliest deadlines first";
    for (n, seconds) in [(1, 30), (2, 10), (3, 50), (4, 20), (5, 40)] {
        given(&store, n, after(seconds)).await;
    }
    for left in [&[1, 3, 4, 5][..], &[1, 3, 5], &[3, 5], &[3], &[]] {
        expect(promise, 1, store.delete_expired(after(99), 1).await);
        expect(
            promise,
            ids(left.iter().copied()),
            store.ids_of(OWNER).await,
        );
    }
}

/// Checks the order of 101 deadlines over ten batches.
pub async fn sweeps_of_many_records_remove_the_earliest_deadlines_first(store: StoreUnderTest) {
    let promise = "`delete_expired` removes the records with the earliest deadlines first";
    // 7 and 101 have no common divisor, so all deadlines differ.
    for n in 0..101 {
        given(&store, n, after((n * 7 % 101) as i64)).await;
    }
    for batch in 1..=10 {
        expect(promise, 10, store.delete_expired(after(1_000), 10).await);
        let left = (0..101).filter(|n| n * 7 % 101 >= batch * 10);
        expect(promise, ids(left), store.ids_of(OWNER).await);
    }
}

/// Checks that the number of removed records does not exceed the batch.
pub async fn a_sweep_removes_at_most_one_batch(store: StoreUnderTest) {
    let promise = "`delete_expired` removes at most the number of records in a batch";
    for n in 0..10 {
        given(&store, n, after(n as i64)).await;
    }
    expect(promise, 3, store.delete_expired(after(99), 3).await);
    expect(promise, 7, store.ids_of(OWNER).await.len());
}

/// Checks that equal deadlines do not enlarge a batch.
pub async fn a_sweep_of_equal_deadlines_removes_at_most_one_batch(store: StoreUnderTest) {
    let promise = "`delete_expired` removes at most one batch of records with equal deadlines";
    for n in 0..5 {
        given(&store, n, after(1)).await;
    }
    expect(promise, 3, store.delete_expired(after(1), 3).await);
    expect(promise, 2, store.ids_of(OWNER).await.len());
    expect(promise, 2, store.delete_expired(after(1), 3).await);
}

/// Checks that the returned number is that of the removed records.
pub async fn a_sweep_returns_the_number_of_removed_records(store: StoreUnderTest) {
    let promise = "`delete_expired` returns the number of removed records";
    for n in 0..10 {
        given(&store, n, after(n as i64)).await;
    }
    expect(promise, 6, store.delete_expired(after(5), 100).await);
    expect(promise, 0, store.delete_expired(after(5), 100).await);
    expect(promise, 4, store.delete_expired(after(9), 4).await);
}

/// Checks that an empty store has no expired records.
pub async fn a_sweep_of_an_empty_store_removes_nothing(store: StoreUnderTest) {
    let promise = "`delete_expired` of an empty store removes nothing";
    expect(promise, 0, store.delete_expired(after(0), 1).await);
    expect(
        promise,
        0,
        store.delete_expired(UtcDateTime::MAX, u32::MAX).await,
    );
}

/// Checks that batch after batch removes all expired records and no live one.
pub async fn repeated_sweeps_remove_all_expired_records(store: StoreUnderTest) {
    let promise = "`delete_expired`, repeated, removes all expired records and no others";
    for n in 0..60 {
        given(&store, n, after(n as i64)).await;
    }
    let mut counts = Vec::new();
    for _ in 0..8 {
        counts.push(store.delete_expired(after(39), 6).await);
    }
    expect(promise, vec![6, 6, 6, 6, 6, 6, 4, 0], counts);
    expect(promise, ids(40..60), store.ids_of(OWNER).await);
}

/// Checks that every field of a live record is unchanged.
pub async fn a_sweep_leaves_live_records_unchanged(store: StoreUnderTest) {
    let promise = "`delete_expired` leaves live records unchanged";
    let mut live = Vec::new();
    for n in 0..5 {
        given(&store, 100 + n, after(1)).await;
        live.push(store.given(RecordBuilder::complete(n)).await);
    }
    expect(promise, 5, store.delete_expired(after(1), 100).await);
    for record in &live {
        store.holds(promise, record).await;
    }
}

/// Checks that a record which was touched in time is spared until its new deadline.
pub async fn a_sweep_uses_the_deadline_set_by_a_touch(store: StoreUnderTest) {
    let promise = "`delete_expired` uses the deadline that `touch` set";
    let mut record = given(&store, 1, after(10)).await;
    Arc::make_mut(&mut record).expires_at = after(20);
    let extension = Extension {
        last_active_at: record.last_active_at,
        expires_at: after(20),
    };
    _ = store.touch(record.id, &record.secret, extension).await;
    expect(promise, 0, store.delete_expired(after(19), 10).await);
    store.holds(promise, &record).await;
    expect(promise, 1, store.delete_expired(after(20), 10).await);
}

/// Checks that a record which was replaced in time is spared until its new deadline.
pub async fn a_sweep_uses_the_deadline_set_by_a_replacement(store: StoreUnderTest) {
    let promise = "`delete_expired` uses the deadline that `replace` set";
    let record = given(&store, 1, after(10)).await;
    let newer = RecordBuilder::from(next(&record, "{}"))
        .expires_at(after(20))
        .build();
    _ = store.replace(&newer, record.revision).await;
    expect(promise, 0, store.delete_expired(after(19), 10).await);
    store.holds(promise, &newer).await;
    expect(promise, 1, store.delete_expired(after(20), 10).await);
}

/// Checks that a touch moves a record back in the order of removal.
pub async fn a_sweep_orders_records_by_touched_deadlines(store: StoreUnderTest) {
    let promise = "`delete_expired` orders records by the deadlines that `touch` set";
    for n in 1..=3 {
        given(&store, n, after(n as i64)).await;
    }
    let extension = Extension {
        last_active_at: after(1),
        expires_at: after(9),
    };
    _ = store.touch(id(1), &secret(1), extension).await;
    expect(promise, 2, store.delete_expired(after(99), 2).await);
    expect(promise, ids([1]), store.ids_of(OWNER).await);
}

/// Checks that records which were deleted before are not counted.
pub async fn a_sweep_does_not_count_deleted_records(store: StoreUnderTest) {
    let promise = "`delete_expired` does not count records that were deleted before";
    for n in 0..4 {
        given(&store, n, after(1)).await;
    }
    store.delete(id(2), None).await;
    expect(promise, 3, store.delete_expired(after(1), 10).await);
}

/// Checks that a batch may be as large as an unsigned 32-bit number.
pub async fn a_sweep_accepts_the_largest_batch(store: StoreUnderTest) {
    let promise = "`delete_expired` accepts a batch of any size";
    for n in 0..3 {
        given(&store, n, after(1)).await;
    }
    expect(promise, 3, store.delete_expired(after(1), u32::MAX).await);
}

/// Checks the beginning of the Unix epoch and the end of the calendar.
pub async fn a_sweep_accepts_extreme_times(store: StoreUnderTest) {
    let promise = "`delete_expired` accepts any time";
    given(&store, 1, after(1)).await;
    let last = end_of_calendar();
    given(&store, 2, last).await;
    let before_last = last - Duration::MICROSECOND;
    for (before, removed) in [(UtcDateTime::UNIX_EPOCH, 0), (before_last, 1), (last, 1)] {
        expect(promise, removed, store.delete_expired(before, 10).await);
    }
}

/// Checks that an expired record is removed from the list of its principal as well.
pub async fn a_swept_session_is_no_longer_listed(store: StoreUnderTest) {
    let promise = "`delete_expired` removes sessions from the lists of their principals";
    given(&store, 1, after(1)).await;
    given(&store, 2, after(3)).await;
    expect(promise, 1, store.delete_expired(after(2), 10).await);
    expect(promise, ids([2]), store.ids_of(OWNER).await);
}

async fn given(store: &StoreUnderTest, n: u64, expires_at: UtcDateTime) -> Arc<SessionRecord> {
    let record = RecordBuilder::new(n)
        .principal(OWNER)
        .expires_at(expires_at);
    store.given(record).await
}

fn ids(numbers: impl IntoIterator<Item = u64>) -> Vec<session::SessionId> {
    numbers.into_iter().map(id).collect()
}
