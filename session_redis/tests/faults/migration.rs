//! Slots move from master to master, and masters die and return, under load.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use session::store::{ReplaceOutcome, SessionRecord, SessionStorageBackend, StoreError};
use session::testing::{self, Intercepted, Interceptor, Operation};
use session_conformance::{Fixture, RecordBuilder, Rule, rules};
use session_memory::InMemorySessionStore;
use session_redis::RedisSessionStore;
use session_test_support::{Answer, CLIENTS, LIMIT, Load, MARGIN, alone, app};
use test_servers::{Cluster, Database, Setup};

use crate::site::{ask, check, cluster_store};

const RECOVERY_LIMIT: Duration = Duration::from_secs(30);

/// The number of slots that move.
const SLOTS: u16 = 600;

/// The number of neighbours that move together if slots move at random.
const ROW: u16 = 100;

/// The number of slots that move slowly, with their keys on two masters for a while.
const SLOWLY: u16 = 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn all_requests_succeed_while_slots_move() {
    let _alone = alone().await;
    let cluster = Cluster::start(Database::Redis, 3, 0).unwrap();
    let app = app(cluster_store(&cluster.urls()).await);
    let load = Load::start(&app, CLIENTS);
    tokio::task::block_in_place(|| {
        for n in 0..SLOTS {
            // The slots are spread over all masters. The first third moves to the first master.
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

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_session_is_served_while_its_key_has_moved_and_its_slot_has_not() {
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
            let halfway = || here.block_on(use_session(&store, &mut record));
            tokio::task::block_in_place(|| cluster.migrate(slot, target, halfway)).unwrap();
            use_session(&store, &mut record).await;
        }
    }
}

/// Expects that a session can be loaded, changed, ended and started again.
async fn use_session(store: &RedisSessionStore, record: &mut Arc<SessionRecord>) {
    let id = record.id;
    assert_eq!(store.load(id).await.unwrap(), Some(record.clone()));
    let expected = record.revision;
    Arc::make_mut(record).revision = expected.next();
    let outcome = store.replace(record, expected).await.unwrap();
    assert_eq!(outcome, ReplaceOutcome::Replaced);
    assert_eq!(store.load(id).await.unwrap(), Some(record.clone()));
    store.delete(id, None).await.unwrap();
    assert_eq!(store.load(id).await.unwrap(), None);
    _ = store.create(record).await.unwrap();
    assert_eq!(store.load(id).await.unwrap(), Some(record.clone()));
}

/// The rules that need a walk through all records are left out. A sweep searches one master after
/// the other, and may miss a record that moves meanwhile. The next sweep finds it. The other walks
/// are refused while slots move: `cutoff.rs` tests that.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_cluster_whose_slots_move_keeps_the_contract() {
    let _alone = alone().await;
    let mut kept = Vec::new();
    for rule in rules::all() {
        if !walks(rule).await {
            kept.push(rule);
        }
    }
    eprintln!("{} of {} rules", kept.len(), rules::all().count());
    let cluster = Cluster::start(Database::Redis, 3, 0).unwrap();
    let store = cluster_store(&cluster.urls()).await;
    let done = Arc::new(AtomicBool::new(false));
    let mover = {
        let done = done.clone();
        tokio::task::spawn_blocking(move || move_slots_until(&cluster, &done))
    };
    // The runtime waits for the mover, even after a panic.
    let end = End(done);
    for rule in kept {
        check(&store, rule).await;
    }
    drop(end);
    let moved = mover.await.unwrap();
    eprintln!("{moved} slots moved");
    assert!(moved > 1_000, "too few slots moved: {moved}");
}

/// Returns true if the test of a rule needs an operation that walks through all records.
async fn walks(rule: Rule) -> bool {
    let walks = Walks::default();
    let memory = Arc::new(InMemorySessionStore::new());
    let fixture = Fixture::from(Intercepted::new(memory, walks.clone()));
    fixture.check(|store| rule.test(store)).await;
    walks.0.load(Ordering::SeqCst)
}

/// True if an operation has walked through all records.
#[derive(Clone, Debug, Default)]
struct Walks(Arc<AtomicBool>);

#[async_trait::async_trait]
impl Interceptor for Walks {
    async fn intercept(
        &self,
        operation: Operation<'_>,
        store: &dyn SessionStorageBackend,
    ) -> Result<testing::Answer, StoreError> {
        match operation {
            Operation::DeleteExpired(..)
            | Operation::DeleteCreatedUntil(..)
            | Operation::AllSessions(..) => {
                self.0.store(true, Ordering::SeqCst);
            }
            _ => {}
        }
        operation.run(store).await
    }
}

/// Moves rows of slots to random masters, as administrators do: a map of single slots is long, and
/// slow to read. Returns the number of moved slots.
fn move_slots_until(cluster: &Cluster, done: &AtomicBool) -> u32 {
    let mut moved = 0;
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
}

/// Sets a flag when it is dropped.
struct End(Arc<AtomicBool>);

impl Drop for End {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// The masters have no replicas. Each keeps an append-only file.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn acknowledged_changes_survive_the_death_of_each_master() {
    let _alone = alone().await;
    let mut cluster = Cluster::start_with(&Setup::of(Database::Redis), 3, 0).unwrap();
    let app = app(cluster_store(&cluster.urls()).await);
    let load = Load::start(&app, CLIENTS);
    for number in 0..3 {
        load.expect_all_served(RECOVERY_LIMIT).await;
        cluster.node(number).kill().unwrap();
        // Meanwhile the others consider it dead and refuse all requests.
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
