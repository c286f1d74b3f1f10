//! `delete_expired` removes the expired records, oldest first, in batches.

use std::sync::Arc;

use session::store::{Extension, SessionRecord};
use time::{Duration, UtcDateTime};

use crate::expect::expect;
use crate::record::{id, next};
use crate::{RecordBuilder, StoreUnderTest, after};

const OWNER: &str = "ada";

/// From its deadline on, a record is expired.
pub async fn a_record_expires_at_its_deadline(store: StoreUnderTest) {
    let promise = "`delete_expired` removes a record whose deadline is the given time";
    let record = given(&store, 1, after(10)).await;
    expect(promise, 1, store.delete_expired(after(10), 10).await);
    store.holds_nothing(promise, record.id).await;
}

/// A microsecond before its deadline, a record is alive.
pub async fn a_record_lives_until_its_deadline(store: StoreUnderTest) {
    let promise = "`delete_expired` spares a record that expires a microsecond later";
    let record = given(&store, 1, after(10) + Duration::MICROSECOND).await;
    expect(promise, 0, store.delete_expired(after(10), 10).await);
    store.holds(promise, &record).await;
}

/// The boundary lies between two microseconds, for records side by side.
pub async fn the_boundary_is_exact_to_the_microsecond(store: StoreUnderTest) {
    let promise = "`delete_expired` separates deadlines by the microsecond";
    let before = after(10) + Duration::microseconds(500_123);
    for n in 0..7 {
        given(&store, n, before + Duration::microseconds(n as i64 - 3)).await;
    }
    expect(promise, 4, store.delete_expired(before, 100).await);
    expect(promise, ids([4, 5, 6]), store.ids_of(OWNER).await);
}

/// The earliest deadlines go first, whatever the order of ids and of creation.
pub async fn the_oldest_go_first(store: StoreUnderTest) {
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

/// The same, over many records and in batches.
pub async fn the_oldest_of_many_go_first(store: StoreUnderTest) {
    let promise = "`delete_expired` removes the records with the earliest deadlines first";
    // 7 and 101 have no common divisor: each deadline occurs once.
    for n in 0..101 {
        given(&store, n, after((n * 7 % 101) as i64)).await;
    }
    for batch in 1..=10 {
        expect(promise, 10, store.delete_expired(after(1_000), 10).await);
        let left = (0..101).filter(|n| n * 7 % 101 >= batch * 10);
        expect(promise, ids(left), store.ids_of(OWNER).await);
    }
}

/// No more than the batch is removed.
pub async fn a_batch_is_a_limit(store: StoreUnderTest) {
    let promise = "`delete_expired` removes at most the batch";
    for n in 0..10 {
        given(&store, n, after(n as i64)).await;
    }
    expect(promise, 3, store.delete_expired(after(99), 3).await);
    expect(promise, 7, store.ids_of(OWNER).await.len());
}

/// Equal deadlines do not make a batch larger.
pub async fn a_batch_is_a_limit_for_equal_deadlines(store: StoreUnderTest) {
    let promise = "`delete_expired` removes at most the batch of records with one deadline";
    for n in 0..5 {
        given(&store, n, after(1)).await;
    }
    expect(promise, 3, store.delete_expired(after(1), 3).await);
    expect(promise, 2, store.ids_of(OWNER).await.len());
    expect(promise, 2, store.delete_expired(after(1), 3).await);
}

/// The number is that of the records removed.
pub async fn the_count_is_exact(store: StoreUnderTest) {
    let promise = "`delete_expired` tells how many records it removed";
    for n in 0..10 {
        given(&store, n, after(n as i64)).await;
    }
    expect(promise, 6, store.delete_expired(after(5), 100).await);
    expect(promise, 0, store.delete_expired(after(5), 100).await);
    expect(promise, 4, store.delete_expired(after(9), 4).await);
}

/// Nothing is nothing.
pub async fn an_empty_store_has_nothing_expired(store: StoreUnderTest) {
    let promise = "`delete_expired` of an empty store removes nothing";
    expect(promise, 0, store.delete_expired(after(0), 1).await);
    expect(
        promise,
        0,
        store.delete_expired(UtcDateTime::MAX, u32::MAX).await,
    );
}

/// Batch by batch, everything expired goes, and nothing else.
pub async fn many_batches_remove_everything_expired(store: StoreUnderTest) {
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

/// Live records stay as they are, in every field.
pub async fn live_records_are_left_alone(store: StoreUnderTest) {
    let promise = "`delete_expired` leaves live records as they are";
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

/// The deadline that counts is the extended one.
pub async fn a_touched_record_is_spared(store: StoreUnderTest) {
    let promise = "`delete_expired` goes by the deadline that `touch` set";
    let mut record = given(&store, 1, after(10)).await;
    Arc::make_mut(&mut record).expires_at = after(20);
    let extension = Extension {
        last_active_at: record.last_active_at,
        expires_at: after(20),
    };
    _ = store.touch(record.id, extension).await;
    expect(promise, 0, store.delete_expired(after(19), 10).await);
    store.holds(promise, &record).await;
    expect(promise, 1, store.delete_expired(after(20), 10).await);
}

/// The deadline that counts is the replaced one.
pub async fn a_replaced_record_is_spared(store: StoreUnderTest) {
    let promise = "`delete_expired` goes by the deadline that `replace` set";
    let record = given(&store, 1, after(10)).await;
    let newer = RecordBuilder::from(next(&record, "{}"))
        .expires_at(after(20))
        .build();
    _ = store.replace(&newer, record.revision).await;
    expect(promise, 0, store.delete_expired(after(19), 10).await);
    store.holds(promise, &newer).await;
    expect(promise, 1, store.delete_expired(after(20), 10).await);
}

/// An extension moves a record to another place in the queue.
pub async fn a_touched_record_goes_later(store: StoreUnderTest) {
    let promise = "`delete_expired` orders records by the deadlines that `touch` set";
    for n in 1..=3 {
        given(&store, n, after(n as i64)).await;
    }
    let extension = Extension {
        last_active_at: after(1),
        expires_at: after(9),
    };
    _ = store.touch(id(1), extension).await;
    expect(promise, 2, store.delete_expired(after(99), 2).await);
    expect(promise, ids([1]), store.ids_of(OWNER).await);
}

/// A record deleted before is not counted.
pub async fn a_deleted_record_is_not_counted(store: StoreUnderTest) {
    let promise = "`delete_expired` does not count what was deleted before";
    for n in 0..4 {
        given(&store, n, after(1)).await;
    }
    store.delete(id(2)).await;
    expect(promise, 3, store.delete_expired(after(1), 10).await);
}

/// The largest batch is a batch.
pub async fn the_largest_batch_is_valid(store: StoreUnderTest) {
    let promise = "`delete_expired` takes a batch of any size";
    for n in 0..3 {
        given(&store, n, after(1)).await;
    }
    expect(promise, 3, store.delete_expired(after(1), u32::MAX).await);
}

/// Any time is a time to clean up to.
pub async fn extreme_times_are_valid(store: StoreUnderTest) {
    let promise = "`delete_expired` takes any time";
    given(&store, 1, after(1)).await;
    expect(
        promise,
        0,
        store.delete_expired(UtcDateTime::UNIX_EPOCH, 10).await,
    );
    let last = UtcDateTime::MAX;
    let last = last - Duration::nanoseconds(i64::from(last.nanosecond() % 1_000));
    given(&store, 2, last).await;
    expect(
        promise,
        1,
        store.delete_expired(last - Duration::MICROSECOND, 10).await,
    );
    expect(promise, 1, store.delete_expired(last, 10).await);
}

/// An expired record that was removed belongs to nobody any more.
pub async fn removed_records_have_no_principal(store: StoreUnderTest) {
    let promise = "`delete_expired` removes records from their principals, too";
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
