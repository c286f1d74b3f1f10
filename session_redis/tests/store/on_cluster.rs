//! Three masters, without replicas.

use std::num::NonZeroU32;
use std::sync::OnceLock;

use redis::{Cmd, FromRedisValue, cmd};
use session::store::{OriginHash, Page, SessionStorageBackend, StoreErrorKind};
use session_conformance::{RecordBuilder, id, principal};
use session_redis::RedisSessionStore;
use test_servers::{Cluster, Database};
use time::{Duration, UtcDateTime};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::support::{clients, dead_entry, unique_prefix};

/// The nodes of the one cluster that all tests share. It ends with this process.
fn nodes() -> &'static [String] {
    static CLUSTER: OnceLock<(Cluster, Vec<String>)> = OnceLock::new();
    let (_, urls) = CLUSTER.get_or_init(|| {
        let cluster = Cluster::start(Database::Redis, 3, 0).unwrap();
        let urls = cluster.urls();
        (cluster, urls)
    });
    urls
}

async fn store() -> RedisSessionStore {
    let nodes = tokio::task::spawn_blocking(nodes).await.unwrap();
    let store = RedisSessionStore::cluster(clients(nodes)).await;
    store
        .expect("the cluster runs")
        .with_prefix(&unique_prefix())
}

mod conformance {
    session_conformance::test_suite!(super::store().await);
}

/// The sessions are on three servers.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_reader_of_the_same_store_sees_all_sessions_of_a_principal_or_none() {
    const SESSIONS: u64 = 200;
    let store = store().await;
    let owner = principal("ada");
    for _ in 0..10 {
        for n in 0..SESSIONS {
            let record = RecordBuilder::new(n).principal("ada").build();
            _ = store.create(&record).await.unwrap();
        }
        let mut readers = JoinSet::new();
        for _ in 0..8 {
            let (store, owner) = (store.clone(), owner.clone());
            readers.spawn(async move {
                let mut left = SESSIONS;
                while left > 0 {
                    left = store.sessions_of(&owner, Page::ALL).await.unwrap().len() as u64;
                    assert!([0, SESSIONS].contains(&left), "{left} are left");
                }
            });
        }
        // The others are reading by now.
        store.sessions_of(&owner, Page::ALL).await.unwrap();
        let deleted = store.delete_all_of(&owner, None).await.unwrap();
        assert_eq!(deleted, SESSIONS);
        readers.join_all().await;
    }
}

/// A list keeps the deletion waiting for longer than its caller waits.
#[tokio::test]
async fn a_deletion_that_has_failed_before_it_began_never_begins() {
    let mut cluster = Cluster::start(Database::Redis, 1, 0).unwrap();
    let store = RedisSessionStore::cluster(clients(&cluster.urls())).await;
    let store = store.unwrap();
    let owner = principal("ada");
    let record = RecordBuilder::complete(1).principal("ada").build();
    _ = store.create(&record).await.unwrap();
    let origin = record.origin.unwrap();
    let limit = std::time::Duration::from_millis(50);
    for n in 0..2 {
        let mut pause = cmd("CLIENT");
        pause.arg("PAUSE").arg(900);
        pause.exec(&mut cluster.node(0).redis().unwrap()).unwrap();
        let delete = async {
            match n {
                0 => timeout(limit, store.delete_all_of(&owner, None)).await,
                _ => timeout(limit, store.delete_all_of_origin(&origin)).await,
            }
        };
        let (listed, deleted) = tokio::join!(store.sessions_of(&owner, Page::ALL), delete);
        assert_eq!((listed.unwrap().len(), deleted.is_err()), (1, true));
        // It would wait for a deletion that has yet to begin.
        let left = store.sessions_of(&owner, Page::ALL).await.unwrap();
        assert_eq!(left.len(), 1);
    }
}

/// Each node would have the same error, so it says nothing about the slots.
#[tokio::test]
async fn a_full_memory_does_not_make_the_store_look_for_the_slots() {
    let mut cluster = Cluster::start(Database::Redis, 1, 0).unwrap();
    let store = RedisSessionStore::cluster(clients(&cluster.urls())).await;
    let store = store.unwrap();
    let mut connection = cluster.node(0).redis().unwrap();
    let mut limit = cmd("CONFIG");
    limit.arg("SET").arg("maxmemory").arg(1);
    limit.exec(&mut connection).unwrap();
    let mut questions = || {
        let info: String = cmd("INFO")
            .arg("commandstats")
            .query(&mut connection)
            .unwrap();
        let mut lines = info.lines();
        let line = lines.find(|line| line.starts_with("cmdstat_cluster|slots:"));
        line.unwrap().split(',').next().unwrap().to_owned()
    };
    let before = questions();
    for n in 0..5 {
        let record = RecordBuilder::complete(n).build();
        let error = store.create(&record).await.unwrap_err();
        assert_eq!(error.kind(), StoreErrorKind::Full);
        // A question in the background is on its way before this command.
        tokio::task::yield_now().await;
        _ = store.load(id(n)).await.unwrap();
    }
    assert_eq!(questions(), before);
}

/// The index of the origin is on one server, and its sessions are on three.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_reader_of_the_same_store_sees_all_sessions_of_an_origin_or_none() {
    const SESSIONS: u64 = 200;
    let store = store().await;
    let owner = principal("ada");
    for n in 0..SESSIONS {
        let record = RecordBuilder::new(n).principal("ada");
        let record = record.origin(Some([7; 16])).build();
        _ = store.create(&record).await.unwrap();
    }
    let mut readers = JoinSet::new();
    for _ in 0..8 {
        let (store, owner) = (store.clone(), owner.clone());
        readers.spawn(async move {
            let mut left = SESSIONS;
            while left > 0 {
                left = store.sessions_of(&owner, Page::ALL).await.unwrap().len() as u64;
                assert!([0, SESSIONS].contains(&left), "{left} are left");
            }
        });
    }
    // The others are reading by now.
    store.sessions_of(&owner, Page::ALL).await.unwrap();
    let origin = OriginHash::from_bytes([7; 16]);
    let deleted = store.delete_all_of_origin(&origin).await.unwrap();
    assert_eq!(deleted, SESSIONS);
    readers.join_all().await;
}

/// Another program has written the keys of some records.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn keys_of_another_type_block_nothing_of_their_principal() {
    let store = store().await;
    let owner = principal("ada");
    for n in 0..6 {
        let record = RecordBuilder::new(n).principal("ada").build();
        _ = store.create(&record).await.unwrap();
        if n % 2 == 0 {
            store.delete(record.id, None).await.unwrap();
            push(&format!("{}{}", store.prefix(), record.id)).await;
        }
    }
    let listed = store.sessions_of(&owner, Page::ALL).await.unwrap();
    assert_eq!(listed.len(), 3);
    assert_eq!(store.delete_all_of(&owner, None).await.unwrap(), 3);
}

/// Writes a list.
async fn push(key: &str) {
    send::<u64>(cmd("RPUSH").arg(key).arg("4111")).await;
}

/// Sends a command to the node that has its key. The others answer with a redirection.
async fn send<T: FromRedisValue>(command: &Cmd) -> T {
    let mut answers = vec![];
    for node in clients(nodes()) {
        let mut connection = node.get_multiplexed_async_connection().await.unwrap();
        answers.extend(command.query_async(&mut connection).await);
    }
    assert_eq!(answers.len(), 1);
    answers.remove(0)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_dead_entries_hide_no_session_and_are_removed() {
    const DEAD: u64 = 5_000;
    let (store, owner) = (store().await, principal("ada"));
    let index = format!("{}of:ada", store.prefix());
    for n in DEAD..DEAD + 3 {
        let record = RecordBuilder::new(n).principal("ada").build();
        _ = store.create(&record).await.unwrap();
    }
    let mut add = cmd("ZADD");
    add.arg(&index);
    for n in 0..DEAD {
        let later = 9_000_000_000_000_i64;
        add.arg(later).arg(dead_entry(n));
    }
    assert_eq!(send::<u64>(&add).await, DEAD);
    let page = Page::first(NonZeroU32::new(2).unwrap());
    let listed = store.sessions_of(&owner, page).await.unwrap();
    let ids: Vec<_> = listed.iter().map(|session| session.id).collect();
    assert_eq!(ids, [id(DEAD), id(DEAD + 1)]);
    assert_eq!(send::<u64>(cmd("ZCARD").arg(&index)).await, 3);
    assert_eq!(send::<u64>(&add).await, DEAD);
    assert_eq!(store.delete_all_of(&owner, None).await.unwrap(), 3);
    assert_eq!(send::<u64>(cmd("ZCARD").arg(&index)).await, 3);
}

#[tokio::test]
async fn no_random_order_of_requests_breaks_a_promise() {
    schedules::search_store(store().await).await;
}

#[tokio::test]
async fn each_master_has_a_time() {
    let before = UtcDateTime::now() - Duration::MICROSECOND;
    let times = store().await.server_times().await.unwrap();
    assert_eq!(times.len(), 3);
    assert!(times.iter().all(|time| *time >= before), "{times:?}");
}
