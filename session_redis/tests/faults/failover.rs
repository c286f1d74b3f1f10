//! A replica replaces a dead master. Changes that the master acknowledged and did not copy are
//! lost. Each operation ends in time, and the application recovers by itself.

use std::time::{Duration, Instant};

use session::store::{SessionStorageBackend, StoreErrorKind};
use session_conformance::{RecordBuilder, Rule, id, rules};
use session_redis::RedisSessionStore;
use session_test_support::{MARGIN, alone};
use test_servers::{Cluster, Database, SentinelSetup};

use crate::site::{check, cluster_store, store};

/// The time until a store works again. Servers detect the death of a master in about two seconds,
/// and promote a replica in about two more.
const FAILOVER_LIMIT: Duration = Duration::from_secs(30);

/// The time limit of an operation, for the connection and for the answer.
const OPERATION_LIMIT: Duration = Duration::from_secs(4);

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_replica_of_a_dead_master_serves_in_a_cluster() {
    let _alone = alone().await;
    let mut cluster = Cluster::start(Database::Redis, 3, 1).unwrap();
    let store = cluster_store(&cluster.urls()).await;
    expect_recovery_from(&store, || cluster.node(0).kill().unwrap()).await;
    return_as_a_replica(&mut cluster, 0);
    write_each(&store).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_cluster_whose_masters_die_keeps_the_contract() {
    let _alone = alone().await;
    let mut cluster = Cluster::start(Database::Redis, 3, 1).unwrap();
    let store = cluster_store(&cluster.urls()).await;
    let rules: Vec<_> = rules::all().collect();
    let section = rules.len() / 4;
    for (n, rule) in rules.into_iter().enumerate() {
        let dies = (1..=3).find(|master| n == master * section);
        match dies {
            None => check(&store, rule).await,
            Some(master) => check_beside_a_death(&mut cluster, master - 1, &store, rule).await,
        }
    }
}

/// Kills a master while a rule is tested, and tests the rule again until it is kept. The rule may
/// need no key of that master, so sessions on all masters show that the death has an effect.
async fn check_beside_a_death(
    cluster: &mut Cluster,
    master: usize,
    store: &RedisSessionStore,
    rule: Rule,
) {
    let test = || {
        let store = store.clone();
        tokio::spawn(async move { check(&store, rule).await })
    };
    let under_way = test();
    tokio::task::block_in_place(|| cluster.node(master).kill()).unwrap();
    let killed = Instant::now();
    let written = write_each(store).await;
    assert!(written.is_err(), "no operation failed");
    _ = under_way.await;
    while test().await.is_err() {
        assert!(killed.elapsed() < FAILOVER_LIMIT, "still not good");
    }
    return_as_a_replica(cluster, master);
}

/// Starts a dead master again, which becomes a replica of its successor.
fn return_as_a_replica(cluster: &mut Cluster, number: usize) {
    tokio::task::block_in_place(|| {
        cluster.node(number).restart().unwrap();
        cluster.wait_until_whole().unwrap();
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_master_that_sentinels_promote_is_found() {
    let _alone = alone().await;
    let mut servers = SentinelSetup::start(Database::Redis, Duration::from_secs(1)).unwrap();
    let password = servers.master().unwrap().password().to_owned();
    let config = format!(
        r#"{{ "mode": "sentinel", "urls": {:?}, "master_name": "{}", "sentinel_password": "{password}" }}"#,
        servers.urls(),
        servers.name(),
    );
    let store = store(&config).await;
    expect_recovery_from(&store, || servers.master().unwrap().kill().unwrap()).await;
}

/// The number of sessions, which all masters of a cluster share.
const SESSIONS: u64 = 40;

/// Expects that writes fail after the death of a master, and succeed again in time.
async fn expect_recovery_from(store: &RedisSessionStore, kill: impl FnOnce()) {
    write_each(store).await.unwrap();
    tokio::task::block_in_place(kill);
    let killed = Instant::now();
    let mut failures = 0;
    while let Err(error) = write_each(store).await {
        let kinds = [StoreErrorKind::Timeout, StoreErrorKind::Unavailable];
        assert!(kinds.contains(&error.kind()), "another error: {error:?}");
        assert!(
            killed.elapsed() < FAILOVER_LIMIT,
            "still not good: {error:?}"
        );
        failures += 1;
    }
    eprintln!(
        "good again after {:.1?}, {failures} errors",
        killed.elapsed()
    );
    assert!(failures > 0, "no operation failed");
}

/// Writes each session. Expects that none has the record of another one afterwards.
async fn write_each(store: &RedisSessionStore) -> Result<(), session::StoreError> {
    for n in 0..SESSIONS {
        let begun = Instant::now();
        let outcome = write(store, n).await;
        assert!(begun.elapsed() < OPERATION_LIMIT * 3 + MARGIN, "too late");
        outcome?;
    }
    Ok(())
}

async fn write(store: &RedisSessionStore, n: u64) -> Result<(), session::StoreError> {
    let record = RecordBuilder::complete(n).build();
    store.delete(id(n), None).await?;
    _ = store.create(&record).await?;
    let found = store.load(id(n)).await?;
    assert!(
        found.is_none_or(|found| found == record),
        "a foreign record"
    );
    Ok(())
}
