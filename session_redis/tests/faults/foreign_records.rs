//! A million operations over one connection, many of which are dropped: each operation gets its own
//! answer.

use std::sync::Arc;
use std::time::Instant;

use session::store::{Extension, Revision, SessionRecord, SessionStorageBackend};
use session_conformance::{RecordBuilder, after, id};
use session_redis::RedisSessionStore;
use session_test_support::alone;
use test_servers::{Cluster, Database, Setup};
use tokio::task::JoinSet;

use crate::site::{cluster_store, store_at};

const OPERATIONS: u64 = 1_000_000;
const TASKS: u64 = 64;

/// The number of sessions of each task.
const SESSIONS: u64 = 16;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_operation_of_a_million_returns_a_foreign_record() {
    let _alone = alone().await;
    let setup = Setup::of(Database::Redis).without_durability();
    let server = setup.start().unwrap();
    run_a_million(store_at(&server.url()).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_operation_of_a_million_on_a_cluster_returns_a_foreign_record() {
    let _alone = alone().await;
    let cluster = Cluster::start(Database::Redis, 3, 0).unwrap();
    run_a_million(cluster_store(&cluster.urls()).await).await;
}

async fn run_a_million(store: RedisSessionStore) {
    let begun = Instant::now();
    let mut tasks = JoinSet::new();
    for task in 0..TASKS {
        tasks.spawn(run_task(store.clone(), task));
    }
    let finished: u64 = tasks.join_all().await.iter().sum();
    let dropped = OPERATIONS - finished;
    eprintln!(
        "{finished} finished and {dropped} dropped in {:.1?}",
        begun.elapsed()
    );
    assert!(dropped > OPERATIONS / 20, "too few dropped: {dropped}");
    assert!(finished > OPERATIONS / 3, "too few finished: {finished}");
}

/// Runs the operations of a task. Returns the number of those that were not dropped.
async fn run_task(store: RedisSessionStore, task: u64) -> u64 {
    let mut visitor = Visitor::new(store, task);
    let mut finished = 0;
    for _ in 0..OPERATIONS / TASKS {
        finished += u64::from(visitor.operation().await);
    }
    finished
}

/// A task with sessions of its own.
struct Visitor {
    store: RedisSessionStore,
    first: u64,
    random: u64,
}

impl Visitor {
    fn new(store: RedisSessionStore, task: u64) -> Self {
        Self {
            store,
            first: task * SESSIONS,
            random: getrandom::u64().unwrap() | 1,
        }
    }

    /// Runs an operation on one of the sessions. Returns `false` if it was dropped before its end.
    async fn operation(&mut self) -> bool {
        let random = self.random();
        let n = self.first + random % SESSIONS;
        let operation = self.one_of_them(n, random >> 8 & 7);
        if random >> 16 & 1 == 0 {
            operation.await;
            return true;
        }
        // The numbers range from zero to more than most operations require.
        let yields = (random >> 20 & 0x3f) >> (random >> 28 & 7);
        tokio::select! {
            biased;
            () = operation => true,
            () = yield_to_others(yields) => false,
        }
    }

    async fn one_of_them(&self, n: u64, which: u64) {
        let store = &self.store;
        match which {
            0 => _ = store.create(&record(n, 1)).await.unwrap(),
            1 => _ = store.delete(id(n), None).await.unwrap(),
            2 => {
                let extension = Extension {
                    last_active_at: after(60),
                    expires_at: after(60_000),
                };
                _ = store
                    .touch(id(n), &record(n, 1).secret, extension)
                    .await
                    .unwrap();
            }
            3 | 4 => {
                let Some(found) = self.load(n).await else {
                    return;
                };
                let next = record(n, found.revision.as_i64() + 1);
                _ = store.replace(&next, found.revision).await.unwrap();
            }
            _ => _ = self.load(n).await,
        }
    }

    /// Loads a record. Expects that each of its fields belongs to the session.
    async fn load(&self, n: u64) -> Option<Arc<SessionRecord>> {
        let found = self.store.load(id(n)).await.unwrap()?;
        let mut expected = record(n, found.revision.as_i64());
        Arc::make_mut(&mut expected).last_active_at = found.last_active_at;
        Arc::make_mut(&mut expected).expires_at = found.expires_at;
        assert_eq!(found, expected, "a foreign record");
        Some(found)
    }

    /// Returns the next number of a xorshift generator.
    fn random(&mut self) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random
    }
}

/// Yields to other tasks this number of times.
async fn yield_to_others(yields: u64) {
    for _ in 0..yields {
        tokio::task::yield_now().await;
    }
}

fn record(n: u64, revision: i64) -> Arc<SessionRecord> {
    let state = format!(r#"{{"session":{n},"revision":{revision}}}"#);
    let record = RecordBuilder::new(n).state(&state).label(&state);
    let record = record.revision(revision).build();
    debug_assert!(record.revision >= Revision::FIRST);
    record
}
