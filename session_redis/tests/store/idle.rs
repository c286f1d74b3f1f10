//! Connections that are closed while no operation uses them, as by servers and balancers.

use std::time::Duration;

use futures_util::future::join_all;
use session::store::{ReplaceOutcome, SessionStorageBackend, StoreErrorKind};
use session_conformance::{RecordBuilder, id};
use session_redis::RedisSessionStore;
use test_servers::{Cluster, Database, Server};

use crate::gate::Gate;
use crate::support::{clients, server, store_at, successor};

/// A pause after which the store tests a connection.
const PAUSE: Duration = Duration::from_millis(1_200);

async fn close_connections(server: &Server) {
    let mut kill = redis::cmd("CLIENT");
    kill.arg("KILL").arg("TYPE").arg("normal");
    let closed: u64 = kill.query(&mut server.redis().unwrap()).unwrap();
    assert!(closed > 0, "the store has a connection");
    tokio::time::sleep(PAUSE).await;
}

#[tokio::test]
async fn a_read_succeeds_after_an_idle_connection_was_closed() {
    let server = server();
    let store = store_at(&server.url()).await;
    let record = RecordBuilder::new(1).build();
    _ = store.create(&record).await.unwrap();
    close_connections(&server).await;
    assert_eq!(store.load(record.id).await.unwrap(), Some(record));
}

#[tokio::test]
async fn a_write_succeeds_after_an_idle_connection_was_closed() {
    let server = server();
    let store = store_at(&server.url()).await;
    writes_succeed(&store, || close_connections(&server)).await;
}

#[tokio::test]
async fn a_write_succeeds_after_an_idle_connection_of_the_application_was_closed() {
    let server = server();
    let client = redis::Client::open(server.url()).unwrap();
    let manager = client.get_connection_manager().await.unwrap();
    let store = RedisSessionStore::new(manager).await.unwrap();
    writes_succeed(&store, || close_connections(&server)).await;
}

#[tokio::test]
async fn a_write_to_a_cluster_succeeds_after_idle_connections_were_closed() {
    let mut cluster = Cluster::start(Database::Redis, 1, 0).unwrap();
    let store = RedisSessionStore::cluster(clients(&cluster.urls())).await;
    let node = cluster.node(0);
    writes_succeed(&store.unwrap(), || close_connections(node)).await;
}

async fn writes_succeed(store: &RedisSessionStore, close: impl AsyncFn()) {
    let record = RecordBuilder::complete(1).build();
    _ = store.create(&record).await.unwrap();
    close().await;
    let next = successor(&record).build();
    let outcome = store.replace(&next, record.revision).await.unwrap();
    assert_eq!(outcome, ReplaceOutcome::Replaced);
    close().await;
    store.delete(record.id, None).await.unwrap();
    assert_eq!(store.load(record.id).await.unwrap(), None);
}

/// A firewall has forgotten the connection: nothing passes it, and nobody closes it.
#[tokio::test]
async fn a_write_succeeds_after_an_idle_connection_has_fallen_silent() {
    let server = server();
    let gate = Gate::before(&server.url()).await;
    let store = store_at(&gate.url).await;
    let record = RecordBuilder::complete(1).build();
    gate.silence();
    tokio::time::sleep(PAUSE).await;
    _ = store.create(&record).await.unwrap();
    assert_eq!(store.load(record.id).await.unwrap(), Some(record));
}

#[tokio::test]
async fn operations_share_an_attempt_to_connect_to_a_silent_server() {
    let server = server();
    let gate = Gate::before(&server.url()).await;
    let store = store_at(&gate.url).await;
    gate.silence_all();
    // Without an answer to this one, the connection is given up.
    store.load(id(0)).await.unwrap_err();
    let before = gate.connections();
    let operations = (0..20).map(|n| store.load(id(n)));
    for outcome in join_all(operations).await {
        assert_eq!(outcome.unwrap_err().kind(), StoreErrorKind::Timeout);
    }
    let attempts = gate.connections() - before;
    assert!((1..=2).contains(&attempts), "{attempts} attempts");
}
