//! Slots move from master to master, and masters die and come back, under load.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use test_servers::{Cluster, Database, Setup};

use crate::alone::alone;
use crate::ledger::check_all;
use crate::load::{Load, Outcome, expect_typed_and_timely, summary};
use crate::site::{LIMIT, MARGIN, all_are_served, app, cluster_store};

const CLIENTS: usize = 16;
const RECOVERY_LIMIT: Duration = Duration::from_secs(30);

/// How many slots move.
const SLOTS: u16 = 600;

/// For how many of them it takes a while, with half of the keys here and half there.
const SLOWLY: u16 = 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nobody_notices_that_slots_move() {
    let _alone = alone().await;
    let cluster = Cluster::start(Database::Redis, 3, 0).unwrap();
    let app = app(cluster_store(&cluster.urls()).await);
    let load = Load::start(&app, CLIENTS);
    let done = AtomicBool::new(false);
    tokio::task::block_in_place(|| {
        for n in 0..SLOTS {
            // Over all slots of all masters.
            let slot = n * (16_384 / SLOTS);
            let target = usize::from(n % 3);
            let halfway = || {
                if n.is_multiple_of(SLOTS / SLOWLY) {
                    std::thread::sleep(Duration::from_millis(50));
                }
            };
            cluster.migrate(slot, target, halfway).unwrap();
        }
        done.store(true, Ordering::SeqCst);
    });
    assert!(done.load(Ordering::SeqCst));
    all_are_served(&load, RECOVERY_LIMIT).await;
    let (entries, answers) = load.finish().await;
    eprintln!("{}", summary(&answers));
    for answer in &answers {
        assert_eq!(answer.outcome, Outcome::Good, "{answer:?}");
    }
    let (visits, ends) = check_all(&app, &entries).await;
    assert!(visits > 100 && ends > 10, "too little to tell from");
}

/// Nobody takes its place; with an append-only file it comes back as it was.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_dead_master_is_missed_until_it_is_back_and_nothing_is_lost() {
    let _alone = alone().await;
    let mut cluster = Cluster::start_with(&Setup::of(Database::Redis), 3, 0).unwrap();
    let app = app(cluster_store(&cluster.urls()).await);
    let load = Load::start(&app, CLIENTS);
    for number in 0..3 {
        all_are_served(&load, RECOVERY_LIMIT).await;
        cluster.node(number).kill().unwrap();
        // Until the others take it for dead, and refuse everything.
        tokio::time::sleep(Duration::from_secs(3)).await;
        tokio::task::block_in_place(|| cluster.node(number).restart()).unwrap();
    }
    all_are_served(&load, RECOVERY_LIMIT).await;
    let (entries, answers) = load.finish().await;
    eprintln!("{}", summary(&answers));
    expect_typed_and_timely(&answers, LIMIT + MARGIN);
    let failed = |outcome| matches!(outcome, Outcome::Failed(_));
    assert!(answers.iter().any(|answer| failed(answer.outcome)));
    let (visits, ends) = check_all(&app, &entries).await;
    assert!(visits > 100 && ends > 10, "too little to tell from");
}
