//! Servers restart, and slots move, during a walk through all records.

use std::collections::BTreeSet;
use std::error::Error;
use std::num::NonZeroU32;

use session::SessionId;
use session::store::{SessionStorageBackend, StoreError, StoreErrorKind, WalkCursor};
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

async fn first_step(store: &RedisSessionStore) -> (u64, Option<WalkCursor>) {
    let step = store.delete_created_until(after(1), BATCH, None).await;
    let step = step.unwrap();
    (step.deleted, step.next)
}

/// Runs the steps that are left. Returns the number of deleted records.
async fn finish(
    store: &RedisSessionStore,
    mut from: Option<WalkCursor>,
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
        let slot = slot_of(&mut cluster, &store, id(n));
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
    let slot = slot_of(&mut cluster, &store, id(0));
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
    let target = (holder_of(&mut cluster, slot) + 1) % 3;
    tokio::task::block_in_place(|| cluster.migrate(slot, target, during)).unwrap();
    let (deleted, from) = first_step(&store).await;
    assert_eq!(deleted + finish(&store, from).await.unwrap(), 30);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_walk_misses_no_session_that_moves_to_a_master_that_was_searched() {
    const RECORDS: u64 = 300;
    let _alone = alone().await;
    let mut cluster = Cluster::start(Database::Redis, 3, 0).unwrap();
    let store = cluster_store(&cluster.urls()).await;
    fill(&store, RECORDS).await;
    let (mut found, mut from) = walk_on(&store, None).await;
    let slot = slot_of(&mut cluster, &store, *found.first().unwrap());
    let searched = holder_of(&mut cluster, slot);
    let missing: Vec<_> = (0..RECORDS)
        .map(id)
        .filter(|id| !found.contains(id))
        .collect();
    for id in &missing[..20] {
        let slot = slot_of(&mut cluster, &store, *id);
        tokio::task::block_in_place(|| cluster.migrate(slot, searched, || {})).unwrap();
    }
    while from.is_some() {
        let (ids, next) = walk_on(&store, from.as_ref()).await;
        found.extend(ids);
        from = next;
    }
    assert_eq!(found, (0..RECORDS).map(id).collect());
}

/// Runs a step of a walk. Returns the ids of its sessions, and the place of the next one.
async fn walk_on(
    store: &RedisSessionStore,
    from: Option<&WalkCursor>,
) -> (BTreeSet<SessionId>, Option<WalkCursor>) {
    let step = store.all_sessions(BATCH, from).await.unwrap();
    let ids = step.sessions.into_iter().map(|summary| summary.id);
    (ids.collect(), step.next)
}

fn holder_of(cluster: &mut Cluster, slot: u16) -> usize {
    let holder = (0..3).find(|n| {
        let held: Vec<Vec<u8>> = ask(cluster.node(*n), &format!("CLUSTER GETKEYSINSLOT {slot} 1"));
        !held.is_empty()
    });
    holder.expect("a master has the record")
}

fn slot_of(cluster: &mut Cluster, store: &RedisSessionStore, id: SessionId) -> u16 {
    let key = format!("{}{id}", store.prefix());
    ask(cluster.node(0), &format!("CLUSTER KEYSLOT {key}"))
}
