//! Slots move from master to master, and masters die and come back, under load.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use session::store::{ReplaceOutcome, SessionRecord, SessionStorageBackend};
use session_conformance::{RecordBuilder, Rule, rules};
use session_redis::RedisSessionStore;
use session_test_support::{Answer, LIMIT, Load, MARGIN, alone, app};
use test_servers::{Cluster, Database, Setup};

use crate::site::{ask, check, cluster_store};

const CLIENTS: usize = 16;
const RECOVERY_LIMIT: Duration = Duration::from_secs(30);

/// How many slots move.
const SLOTS: u16 = 600;

/// How many neighbours move together where they move at random.
const ROW: u16 = 100;

/// For how many of them it takes a while, with half of the keys here and half there.
const SLOWLY: u16 = 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nobody_notices_that_slots_move() {
    let _alone = alone().await;
    let cluster = Cluster::start(Database::Redis, 3, 0).unwrap();
    let app = app(cluster_store(&cluster.urls()).await);
    let load = Load::start(&app, CLIENTS);
    tokio::task::block_in_place(|| {
        for n in 0..SLOTS {
            // Over all slots of all masters, first to the first one.
            let slot = (n * (16_384 / 200)) % 16_384;
            let target = usize::from(n / (SLOTS / 3));
            let halfway = || {
                if n.is_multiple_of(SLOTS / SLOWLY) {
                    std::thread::sleep(Duration::from_millis(50));
                }
            };
            cluster.migrate(slot, target, halfway).unwrap();
        }
    });
    load.expect_all_served(RECOVERY_LIMIT).await;
    let report = load.finish().await;
    eprintln!("{report}");
    report.expect_all_good();
    report.expect_kept(&app).await.expect_many();
}

/// Its key is with the new master, and the old one still has the slot.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_session_is_served_while_its_slot_is_halfway() {
    let _alone = alone().await;
    let mut cluster = Cluster::start(Database::Redis, 3, 0).unwrap();
    let store = cluster_store(&cluster.urls()).await;
    for n in 0..12 {
        let mut record = RecordBuilder::complete(n).build();
        _ = store.create(&record).await.unwrap();
        let key = format!("{}{}", store.prefix(), record.id);
        let slot: u16 = ask(cluster.node(0), &format!("CLUSTER KEYSLOT {key}"));
        for target in 0..3 {
            let here = tokio::runtime::Handle::current();
            let halfway = || here.block_on(is_served(&store, &mut record));
            tokio::task::block_in_place(|| cluster.migrate(slot, target, halfway)).unwrap();
            is_served(&store, &mut record).await;
        }
    }
}

async fn is_served(store: &RedisSessionStore, record: &mut Arc<SessionRecord>) {
    assert_eq!(
        store.load(record.id).await.unwrap().as_ref(),
        Some(&*record)
    );
    let expected = record.revision;
    Arc::make_mut(record).revision = expected.next();
    let outcome = store.replace(record, expected).await.unwrap();
    assert_eq!(outcome, ReplaceOutcome::Replaced);
    assert_eq!(
        store.load(record.id).await.unwrap().as_ref(),
        Some(&*record)
    );
    store.delete(record.id).await.unwrap();
    assert_eq!(store.load(record.id).await.unwrap(), None);
    _ = store.create(record).await.unwrap();
    assert_eq!(
        store.load(record.id).await.unwrap().as_ref(),
        Some(&*record)
    );
}

/// But for the rules of sweeps: these look through one master after the other, and may miss a record that moves
/// behind their back; it is there for the next one.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_contract_is_kept_while_slots_move() {
    let _alone = alone().await;
    let cluster = Arc::new(Cluster::start(Database::Redis, 3, 0).unwrap());
    let store = cluster_store(&cluster.urls()).await;
    let done = Arc::new(AtomicBool::new(false));
    let mover = {
        let (cluster, done) = (cluster.clone(), done.clone());
        tokio::task::spawn_blocking(move || {
            let mut moved = 0_u32;
            // In rows, as administrators do: a map of single slots is long, and slow to read.
            while !done.load(Ordering::SeqCst) {
                let random = getrandom::u32().unwrap();
                let first = u16::try_from(random % (16_384 - u32::from(ROW))).unwrap();
                let target = usize::try_from(random >> 16).unwrap() % 3;
                for slot in first..first + ROW {
                    cluster.migrate(slot, target, || {}).unwrap();
                    moved += 1;
                }
            }
            moved
        })
    };
    // Also after a panic: the runtime waits for who moves slots.
    let end = End(done);
    let is_kept = |rule: &Rule| rule.group != "expiry" && !rule.name.contains("sweep");
    for rule in rules::all().filter(is_kept) {
        check(&store, rule).await;
    }
    drop(end);
    let moved = mover.await.unwrap();
    eprintln!("{moved} slots moved");
    assert!(moved > 1_000, "too few slots moved: {moved}");
}

/// Ends something when it is dropped.
struct End(Arc<AtomicBool>);

impl Drop for End {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// Nobody takes its place; with an append-only file it comes back as it was.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_dead_master_is_missed_until_it_is_back_and_nothing_is_lost() {
    let _alone = alone().await;
    let mut cluster = Cluster::start_with(&Setup::of(Database::Redis), 3, 0).unwrap();
    let app = app(cluster_store(&cluster.urls()).await);
    let load = Load::start(&app, CLIENTS);
    for number in 0..3 {
        load.expect_all_served(RECOVERY_LIMIT).await;
        cluster.node(number).kill().unwrap();
        // Until the others take it for dead, and refuse everything.
        tokio::time::sleep(Duration::from_secs(3)).await;
        tokio::task::block_in_place(|| cluster.node(number).restart()).unwrap();
    }
    load.expect_all_served(RECOVERY_LIMIT).await;
    let report = load.finish().await;
    eprintln!("{report}");
    report.expect_typed_and_timely(LIMIT + MARGIN);
    assert!(report.count(Answer::has_failed) > 0, "no request failed");
    report.expect_kept(&app).await.expect_many();
}
