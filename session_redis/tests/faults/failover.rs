//! A replica takes the place of a dead master. What the master had acknowledged and not yet copied is lost then, so
//! sessions may be; but each operation ends in time, and the application goes on by itself.

use std::time::{Duration, Instant};

use session::store::{SessionStorageBackend, StoreErrorKind};
use session_conformance::{RecordBuilder, id, rules};
use session_redis::RedisSessionStore;
use session_test_support::{MARGIN, alone};
use test_servers::{Cluster, Database, Watched};

use crate::site::{check, cluster_store, store};

/// The death is noticed after a second or two, and the replicas agree in another one or two.
const FAILOVER_LIMIT: Duration = Duration::from_secs(30);

/// For connecting, and for an answer.
const OPERATION_LIMIT: Duration = Duration::from_secs(4);

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_cluster_goes_on_with_the_replica_of_a_dead_master() {
    let _alone = alone().await;
    let mut cluster = Cluster::start(Database::Redis, 3, 1).unwrap();
    let store = cluster_store(&cluster.urls()).await;
    goes_on(&store, || {
        cluster.node(0).kill().unwrap();
    })
    .await;
    // The old master comes back as a replica.
    tokio::task::block_in_place(|| {
        cluster.node(0).restart().unwrap();
        cluster.wait_until_whole().unwrap();
    });
    each_is_written(&store).await.unwrap();
}

/// The rules under way when a master dies may fail; they are tested again, until its replica has taken over.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_contract_is_kept_by_a_cluster_whose_masters_die() {
    let _alone = alone().await;
    let mut cluster = Cluster::start(Database::Redis, 3, 1).unwrap();
    let store = cluster_store(&cluster.urls()).await;
    let rules: Vec<_> = rules::all().collect();
    let section = rules.len() / 4;
    let mut failures = 0;
    for (n, rule) in rules.into_iter().enumerate() {
        let test = || {
            let store = store.clone();
            tokio::spawn(async move { check(&store, rule).await })
        };
        let under_way = test();
        if n == 0 || n % section != 0 || n / section > 3 {
            under_way.await.expect("the rule is kept");
            continue;
        }
        let dead = n / section - 1;
        tokio::task::block_in_place(|| cluster.node(dead).kill()).unwrap();
        let killed = Instant::now();
        _ = under_way.await;
        while test().await.is_err() {
            assert!(killed.elapsed() < FAILOVER_LIMIT, "still not good");
            failures += 1;
        }
        // It comes back as a replica.
        tokio::task::block_in_place(|| {
            cluster.node(dead).restart().unwrap();
            cluster.wait_until_whole().unwrap();
        });
    }
    assert!(failures >= 3, "nobody noticed: {failures}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_master_that_sentinels_choose_is_found() {
    let _alone = alone().await;
    let mut watched = Watched::start(Database::Redis).unwrap();
    let password = watched.master().unwrap().password().to_owned();
    let config = format!(
        r#"{{ "mode": "sentinel", "urls": {:?}, "master_name": "{}", "sentinel_password": "{password}" }}"#,
        watched.urls(),
        watched.name(),
    );
    let store = store(&config).await;
    goes_on(&store, || {
        let master = watched.master().unwrap();
        master.kill().unwrap();
    })
    .await;
}

/// How many sessions are written: over all masters of a cluster.
const SESSIONS: u64 = 40;

async fn goes_on(store: &RedisSessionStore, kill: impl FnOnce()) {
    each_is_written(store).await.unwrap();
    tokio::task::block_in_place(kill);
    let killed = Instant::now();
    let mut failures = 0;
    while let Err(error) = each_is_written(store).await {
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
    assert!(failures > 0, "nobody noticed");
}

/// Each has its own record afterwards.
async fn each_is_written(store: &RedisSessionStore) -> Result<(), session::StoreError> {
    for n in 0..SESSIONS {
        let begun = Instant::now();
        let outcome = is_written(store, n).await;
        assert!(begun.elapsed() < OPERATION_LIMIT * 3 + MARGIN, "too late");
        outcome?;
    }
    Ok(())
}

async fn is_written(store: &RedisSessionStore, n: u64) -> Result<(), session::StoreError> {
    let record = RecordBuilder::complete(n).build();
    store.delete(id(n)).await?;
    _ = store.create(&record).await?;
    let found = store.load(id(n)).await?;
    assert!(
        found.is_none_or(|found| found == record),
        "a foreign record"
    );
    Ok(())
}
