//! Workers with a runtime each, as Pavex has them.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use session::store::SessionStorageBackend;
use session_conformance::RecordBuilder;
use session_redis::RedisSessionStore;
use test_servers::{Cluster, Database, Server};
use tokio::runtime::{Builder, Runtime};

use crate::support::{clients, server, store_at, successor};

#[test]
fn a_worker_that_computes_does_not_delay_the_others() {
    let server = server();
    let main = worker();
    let store = main.block_on(store_at(&server.url()));
    workers_are_independent(store, || close_connections(&server));
}

#[test]
fn a_worker_that_computes_does_not_delay_the_others_on_a_cluster() {
    let mut cluster = Cluster::start(Database::Redis, 1, 0).unwrap();
    let main = worker();
    let store = main.block_on(RedisSessionStore::cluster(clients(&cluster.urls())));
    let node = cluster.node(0);
    workers_are_independent(store.unwrap(), || close_connections(node));
}

/// The first worker makes a new connection after the old ones were closed. Then it computes for as
/// long as the second one uses the store.
fn workers_are_independent(store: RedisSessionStore, close_connections: impl Fn()) {
    let record = RecordBuilder::complete(1).build();
    _ = worker().block_on(store.create(&record)).unwrap();
    close_connections();
    let (computes, starts_computing) = channel();
    let (finish, is_finished) = channel();
    let (store_of_first, id) = (store.clone(), record.id);
    let first = thread::spawn(move || {
        let worker = worker();
        worker.block_on(reconnect(&store_of_first, id));
        compute(&computes, &is_finished);
    });
    starts_computing.recv().unwrap();
    let second = thread::spawn(move || {
        worker().block_on(async {
            assert_eq!(store.load(id).await.unwrap(), Some(record.clone()));
            let next = successor(&record).build();
            _ = store.replace(&next, record.revision).await.unwrap();
            assert!(store.delete(id, None).await.unwrap());
        });
    });
    let outcome = second.join();
    finish.send(()).unwrap();
    first.join().unwrap();
    outcome.unwrap();
}

/// Reads until a read succeeds: the first one may meet a connection that was closed.
async fn reconnect(store: &RedisSessionStore, id: session::SessionId) {
    while store.load(id).await.is_err() {}
}

/// Occupies the thread, so that no task of its runtime runs.
fn compute(computes: &Sender<()>, is_finished: &Receiver<()>) {
    computes.send(()).unwrap();
    is_finished.recv().unwrap();
}

fn worker() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

fn close_connections(server: &Server) {
    let mut kill = redis::cmd("CLIENT");
    kill.arg("KILL").arg("TYPE").arg("normal");
    let _: u64 = kill.query(&mut server.redis().unwrap()).unwrap();
}
