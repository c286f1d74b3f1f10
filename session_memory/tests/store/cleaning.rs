//! The removal of expired records from memory.

use std::time::Duration;

use session::store::{Extension, SessionStorageBackend};
use session::testing::ManualClock;
use session_conformance::{RecordBuilder, StoreUnderTest, id};
use session_memory::InMemorySessionStore;

const MINUTE: Duration = Duration::from_secs(60);

/// Creates a store with records of which the first expires in one minute, the second in two, and so
/// on.
async fn filled(clock: &ManualClock, records: u64) -> InMemorySessionStore {
    let store = InMemorySessionStore::builder().clock(clock.clone()).build();
    let under_test = StoreUnderTest::new(store.clone());
    for n in 0..records {
        let deadline = clock.now() + MINUTE * (n as u32 + 1);
        under_test
            .given(RecordBuilder::new(n).expires_at(deadline))
            .await;
    }
    store
}

#[tokio::test(start_paused = true)]
async fn expired_records_are_removed_in_the_background() {
    let clock = ManualClock::new();
    let store = filled(&clock, 10).await;
    clock.advance(4 * MINUTE);
    assert_eq!(store.len(), 10);
    tokio::time::sleep(2 * MINUTE).await;
    assert_eq!(store.len(), 6);
    assert_eq!(store.load(id(3)).await.unwrap(), None);
    assert!(store.load(id(4)).await.unwrap().is_some());
}

#[tokio::test(start_paused = true)]
async fn twenty_thousand_expired_records_are_removed_in_one_interval() {
    let clock = ManualClock::new();
    let store = InMemorySessionStore::builder().clock(clock.clone()).build();
    let under_test = StoreUnderTest::new(store.clone());
    for n in 0..20_000 {
        let deadline = clock.now() + MINUTE;
        under_test
            .given(RecordBuilder::new(n).expires_at(deadline))
            .await;
    }
    under_test.given(RecordBuilder::new(20_000)).await;
    clock.advance(MINUTE);
    tokio::time::sleep(2 * MINUTE).await;
    assert_eq!(store.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn expired_records_are_removed_at_the_configured_interval() {
    let clock = ManualClock::new();
    let store = InMemorySessionStore::builder()
        .clock(clock.clone())
        .clean_every(Duration::from_secs(1))
        .build();
    let expiring = RecordBuilder::new(1)
        .expires_at(clock.now() + MINUTE)
        .build();
    _ = store.create(&expiring).await.unwrap();
    clock.advance(MINUTE);
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert!(store.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_record_with_an_extended_deadline_is_not_removed() {
    let clock = ManualClock::new();
    let store = filled(&clock, 1).await;
    let extension = Extension {
        last_active_at: clock.now(),
        expires_at: clock.now() + 10 * MINUTE,
    };
    let secret = RecordBuilder::new(0).build().secret;
    _ = store.touch(id(0), &secret, extension).await.unwrap();
    clock.advance(5 * MINUTE);
    tokio::time::sleep(2 * MINUTE).await;
    assert_eq!(store.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn insertions_remove_expired_records_before_the_interval_has_passed() {
    let clock = ManualClock::new();
    let interval = Duration::from_secs(1_000_000);
    let store = InMemorySessionStore::builder()
        .clock(clock.clone())
        .clean_every(interval)
        .build();
    let under_test = StoreUnderTest::new(store.clone());
    for n in 0..10_000 {
        let deadline = clock.now() + MINUTE;
        under_test
            .given(RecordBuilder::new(n).expires_at(deadline))
            .await;
        clock.advance(Duration::from_secs(1));
    }
    // Sixty are live at any time. Each of the 32 shards removes its expired records at every 16th
    // insertion.
    assert!(store.len() < 60 + 32 * 16, "{}", store.len());
}

#[tokio::test(start_paused = true)]
async fn the_background_task_ends_when_the_last_clone_of_the_store_is_dropped() {
    let tasks = || {
        tokio::runtime::Handle::current()
            .metrics()
            .num_alive_tasks()
    };
    let before = tasks();
    let store = filled(&ManualClock::new(), 3).await;
    let clone = store.clone();
    assert_eq!(tasks(), before + 1);
    drop(store);
    tokio::time::sleep(3 * MINUTE).await;
    assert_eq!(tasks(), before + 1);
    drop(clone);
    tokio::task::yield_now().await;
    assert_eq!(tasks(), before);
}

#[test]
fn the_background_task_starts_again_in_the_next_runtime() {
    let runtime = || {
        tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap()
    };
    let clock = ManualClock::new();
    let store = runtime().block_on(filled(&clock, 3));
    clock.advance(10 * MINUTE);
    runtime().block_on(async {
        let live = RecordBuilder::new(100).build();
        _ = store.create(&live).await.unwrap();
        tokio::time::sleep(2 * MINUTE).await;
    });
    assert_eq!(store.len(), 1);
}

#[test]
fn a_store_works_without_a_runtime() {
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    let store = InMemorySessionStore::new();
    let record = RecordBuilder::new(1).build();
    let mut creation = pin!(store.create(&record));
    let outcome = creation
        .as_mut()
        .poll(&mut Context::from_waker(Waker::noop()));
    assert!(matches!(outcome, Poll::Ready(Ok(_))));
    assert_eq!(store.len(), 1);
}
