//! A million operations over one connection, many of them dropped: each answer is that of its own operation.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
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

/// How many sessions each task has.
const SESSIONS: u64 = 16;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_a_million_operations_none_sees_a_foreign_record() {
    let _alone = alone().await;
    let setup = Setup::of(Database::Redis).without_durability();
    let server = setup.start().unwrap();
    million(store_at(&server.url()).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nor_does_one_of_a_million_on_a_cluster() {
    let _alone = alone().await;
    let cluster = Cluster::start(Database::Redis, 3, 0).unwrap();
    million(cluster_store(&cluster.urls()).await).await;
}

async fn million(store: RedisSessionStore) {
    let begun = Instant::now();
    let (finished, dropped): (&AtomicU64, &AtomicU64) =
        (Box::leak(Box::default()), Box::leak(Box::default()));
    let mut tasks = JoinSet::new();
    for task in 0..TASKS {
        let store = store.clone();
        tasks.spawn(async move {
            let mut visitor = Visitor::new(store, task);
            for _ in 0..OPERATIONS / TASKS {
                let counter = match visitor.operation().await {
                    Some(()) => finished,
                    None => dropped,
                };
                counter.fetch_add(1, Ordering::Relaxed);
            }
        });
    }
    tasks.join_all().await;
    let (finished, dropped) = (
        finished.load(Ordering::Relaxed),
        dropped.load(Ordering::Relaxed),
    );
    eprintln!(
        "{finished} finished and {dropped} dropped in {:.1?}",
        begun.elapsed()
    );
    assert_eq!(finished + dropped, OPERATIONS);
    assert!(dropped > OPERATIONS / 20, "too few were dropped: {dropped}");
    assert!(
        finished > OPERATIONS / 3,
        "too few were finished: {finished}"
    );
}

/// Uses some sessions that are nobody else's.
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

    /// Does something with one of the sessions. `None` if it was dropped before its end.
    async fn operation(&mut self) -> Option<()> {
        let random = self.random();
        let n = self.first + random % SESSIONS;
        let operation = self.one_of_them(n, random >> 8 & 7);
        if random >> 16 & 1 == 0 {
            operation.await;
            return Some(());
        }
        // From none at all to more than most need.
        let turns = (random >> 20 & 0x3f) >> (random >> 28 & 7);
        tokio::select! {
            biased;
            () = operation => Some(()),
            () = others(turns) => None,
        }
    }

    async fn one_of_them(&self, n: u64, which: u64) {
        let store = &self.store;
        match which {
            0 => _ = store.create(&record(n, 1)).await.unwrap(),
            1 => store.delete(id(n)).await.unwrap(),
            2 => {
                let extension = Extension {
                    last_active_at: after(60),
                    expires_at: after(60_000),
                };
                _ = store.touch(id(n), extension).await.unwrap();
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

    /// Each field says whose it is.
    async fn load(&self, n: u64) -> Option<Arc<SessionRecord>> {
        let found = self.store.load(id(n)).await.unwrap()?;
        let mut expected = record(n, found.revision.as_i64());
        Arc::make_mut(&mut expected).last_active_at = found.last_active_at;
        Arc::make_mut(&mut expected).expires_at = found.expires_at;
        assert_eq!(found, expected, "a foreign record");
        Some(found)
    }

    /// A generator of Marsaglia's.
    fn random(&mut self) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random
    }
}

/// Lets others have so many turns.
async fn others(turns: u64) {
    for _ in 0..turns {
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
