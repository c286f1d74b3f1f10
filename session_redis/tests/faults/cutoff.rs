//! Servers restart, and slots move, during a deletion of all old records.

use std::error::Error;
use std::num::NonZeroU32;

use session::store::{DeletionCursor, SessionStorageBackend, StoreError, StoreErrorKind};
use session_conformance::{RecordBuilder, after, id};
use session_redis::RedisSessionStore;
use session_test_support::alone;
use test_servers::{Cluster, Database};

use crate::site::{ask, cluster_store, durable, store_at};

/// The number of keys that a step examines: one call of `SCAN`.
const BATCH: NonZeroU32 = NonZeroU32::new(500).unwrap();

async fn fill(store: &RedisSessionStore, records: u64) {
    for n in 0..records {
        let record = RecordBuilder::new(n).build();
        _ = store.create(&record).await.unwrap();
    }
}

/// Returns the ids that are left.
async fn left(store: &RedisSessionStore, records: u64) -> Vec<u64> {
    let mut left = vec![];
    for n in 0..records {
        if store.load(id(n)).await.unwrap().is_some() {
            left.push(n);
        }
    }
    left
}

async fn first_step(store: &RedisSessionStore) -> (u64, Option<DeletionCursor>) {
    let step = store.delete_created_until(after(1), BATCH, None).await;
    let step = step.unwrap();
    (step.deleted, step.next)
}

/// Runs the steps that are left. Returns the number of deleted records.
async fn finish(
    store: &RedisSessionStore,
    mut from: Option<DeletionCursor>,
) -> Result<u64, StoreError> {
    let mut deleted = 0;
    while let Some(cursor) = from {
        let step = store.delete_created_until(after(1), BATCH, Some(&cursor));
        let step = step.await?;
        deleted += step.deleted;
        from = step.next;
    }
    Ok(deleted)
}

/// A cursor of `SCAN` is worthless after a restart, which changes the order of the keys.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_deletion_misses_no_record_if_the_server_restarts_between_two_steps() {
    const RECORDS: u64 = 1_500;
    let _alone = alone().await;
    let mut server = durable();
    let store = store_at(&server.url()).await;
    fill(&store, RECORDS).await;
    let (deleted, from) = first_step(&store).await;
    assert!((1..RECORDS).contains(&deleted), "{deleted}");
    server.kill().unwrap();
    server.restart().unwrap();
    while store.load(id(0)).await.is_err() {}
    let rest = finish(&store, from).await.unwrap();
    assert_eq!(deleted + rest, RECORDS);
    assert_eq!(left(&store, RECORDS).await, Vec::<u64>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_deletion_misses_no_record_that_moves_to_a_master_that_was_searched() {
    const RECORDS: u64 = 300;
    let _alone = alone().await;
    let mut cluster = Cluster::start(Database::Redis, 3, 0).unwrap();
    let store = cluster_store(&cluster.urls()).await;
    fill(&store, RECORDS).await;
    let (deleted, from) = first_step(&store).await;
    let searched = (0..3).find(|n| ask::<u64>(cluster.node(*n), "DBSIZE") == 0);
    let searched = searched.expect("one master was searched");
    for n in left(&store, RECORDS).await.into_iter().take(20) {
        let slot = slot_of(&mut cluster, &store, n);
        tokio::task::block_in_place(|| cluster.migrate(slot, searched, || {})).unwrap();
    }
    let rest = finish(&store, from).await.unwrap();
    assert_eq!(deleted + rest, RECORDS);
    assert_eq!(left(&store, RECORDS).await, Vec::<u64>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_deletion_fails_while_a_slot_is_being_moved_and_succeeds_after_that() {
    let _alone = alone().await;
    let mut cluster = Cluster::start(Database::Redis, 3, 0).unwrap();
    let store = cluster_store(&cluster.urls()).await;
    fill(&store, 30).await;
    let slot = slot_of(&mut cluster, &store, 0);
    let here = tokio::runtime::Handle::current();
    let during = || {
        let deletion = store.delete_created_until(after(1), BATCH, None);
        let error = here.block_on(deletion).unwrap_err();
        assert_eq!(error.kind(), StoreErrorKind::Unavailable);
        let source = error.source().unwrap().to_string();
        assert!(
            source.contains("slots of the cluster are being moved"),
            "{source}"
        );
    };
    let holder = (0..3).find(|n| {
        let held: Vec<Vec<u8>> = ask(cluster.node(*n), &format!("CLUSTER GETKEYSINSLOT {slot} 1"));
        !held.is_empty()
    });
    let target = (holder.expect("a master has the record") + 1) % 3;
    tokio::task::block_in_place(|| cluster.migrate(slot, target, during)).unwrap();
    let (deleted, from) = first_step(&store).await;
    assert_eq!(deleted + finish(&store, from).await.unwrap(), 30);
}

fn slot_of(cluster: &mut Cluster, store: &RedisSessionStore, n: u64) -> u16 {
    let key = format!("{}{}", store.prefix(), id(n));
    ask(cluster.node(0), &format!("CLUSTER KEYSLOT {key}"))
}
