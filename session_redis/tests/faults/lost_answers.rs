//! Writes that took effect although their answers were lost, and servers that became replicas.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};

use session::SessionId;
use session::store::{
    ReplaceOutcome, SessionRecord, SessionStorageBackend, StoreError, StoreErrorKind,
};
use session_conformance::RecordBuilder;
use session_redis::RedisSessionStore;
use session_test_support::{LIMIT, alone};
use test_servers::{Cluster, Database, Server};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::site::{ask, cluster_store, durable, store_at, works_within};

/// A network that can lead new connections to another server, and break a connection before an
/// answer.
struct Network {
    address: SocketAddr,
    server: Arc<Mutex<SocketAddr>>,
    unanswered: Unanswered,
}

/// The session whose next request gets no answer.
type Unanswered = Arc<Mutex<Option<SessionId>>>;

impl Network {
    async fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let network = Self {
            address: listener.local_addr().unwrap(),
            server: Arc::new(Mutex::new(server)),
            unanswered: Arc::default(),
        };
        let (server, unanswered) = (network.server.clone(), network.unanswered.clone());
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = *server.lock().unwrap();
                let server = TcpStream::connect(server).await.unwrap();
                tokio::spawn(connection(client, server, unanswered.clone()));
            }
        });
        network
    }

    fn url(&self, server: &Server) -> String {
        server.url_through(self.address)
    }

    /// Breaks the connection after the next request about this session has reached the server.
    ///
    /// Other requests are answered, as those for the slots of a cluster.
    fn lose_answer_about(&self, id: SessionId) {
        *self.unanswered.lock().unwrap() = Some(id);
    }

    fn lead_to(&self, server: SocketAddr) {
        *self.server.lock().unwrap() = server;
    }
}

async fn connection(mut client: TcpStream, mut server: TcpStream, unanswered: Unanswered) {
    let (mut request, mut answer) = (vec![0; 1 << 16], vec![0; 1 << 16]);
    loop {
        tokio::select! {
            count = client.read(&mut request) => {
                let Ok(count @ 1..) = count else { return };
                let request = &request[..count];
                server.write_all(request).await.unwrap();
                if loses_its_answer(&unanswered, request) {
                    return finish(server).await;
                }
            },
            count = server.read(&mut answer) => {
                let Ok(count @ 1..) = count else { return };
                client.write_all(&answer[..count]).await.unwrap();
            },
        }
    }
}

/// Waits until the server has processed all requests, which it does before it closes the
/// connection.
async fn finish(mut server: TcpStream) {
    server.shutdown().await.unwrap();
    let mut answer = vec![0; 1 << 16];
    while let Ok(1..) = server.read(&mut answer).await {}
}

/// Returns `true` if this is the request whose answer is lost.
fn loses_its_answer(unanswered: &Unanswered, request: &[u8]) -> bool {
    let mut unanswered = unanswered.lock().unwrap();
    let is_about = unanswered.is_some_and(|id| {
        let id = id.to_string();
        request.windows(id.len()).any(|part| part == id.as_bytes())
    });
    is_about && unanswered.take().is_some()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_write_whose_answer_is_lost_is_not_sent_again() {
    let _alone = alone().await;
    let server = durable();
    let network = Network::to(server.address()).await;
    let store = store_at(&network.url(&server)).await;
    expect_single_writes(&store, &network).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_write_to_a_cluster_whose_answer_is_lost_is_not_sent_again() {
    let _alone = alone().await;
    let mut cluster = Cluster::start(Database::Redis, 1, 0).unwrap();
    let server = cluster.node(0);
    let network = Network::to(server.address()).await;
    let port = network.address.port();
    let _: () = ask(server, &format!("CONFIG SET cluster-announce-port {port}"));
    let store = cluster_store(&[network.url(server)]).await;
    expect_single_writes(&store, &network).await;
}

async fn expect_single_writes(store: &RedisSessionStore, network: &Network) {
    let mut record = RecordBuilder::complete(1).without_principal().build();
    _ = store.create(&record).await.unwrap();
    for _ in 0..10 {
        // The server knows the script after the first replacement.
        let outcome = replace(store, &mut record).await.unwrap();
        assert_eq!(outcome, ReplaceOutcome::Replaced);
        network.lose_answer_about(record.id);
        let error = replace(store, &mut record).await.expect_err("no answer");
        assert_eq!(error.kind(), StoreErrorKind::Unavailable);
        works_within(LIMIT, store).await;
        let stored = store.load(record.id).await.unwrap();
        assert_eq!(stored.as_ref(), Some(&record), "the record was replaced");
    }
    let other = RecordBuilder::complete(2).without_principal().build();
    network.lose_answer_about(other.id);
    store.create(&other).await.expect_err("no answer");
    works_within(LIMIT, store).await;
    assert_eq!(store.load(other.id).await.unwrap(), Some(other));
}

/// Replaces the record by its next revision.
async fn replace(
    store: &RedisSessionStore,
    record: &mut Arc<SessionRecord>,
) -> Result<ReplaceOutcome, StoreError> {
    let expected = record.revision;
    Arc::make_mut(record).revision = expected.next();
    store.replace(record, expected).await
}

/// A failover may leave the old master alive.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_connection_to_a_server_that_became_a_replica_is_replaced() {
    let _alone = alone().await;
    let (replica, master) = (durable(), durable());
    let network = Network::to(replica.address()).await;
    let store = store_at(&network.url(&replica)).await;
    let record = RecordBuilder::new(1).build();
    _ = store.create(&record).await.unwrap();
    let port = master.address().port();
    let _: () = ask(&replica, &format!("REPLICAOF 127.0.0.1 {port}"));
    // New connections lead to the master, which has the password of the old one.
    let password = replica.password();
    let _: () = ask(&master, &format!("CONFIG SET requirepass {password}"));
    network.lead_to(master.address());
    let record = RecordBuilder::new(2).build();
    let error = store.create(&record).await.expect_err("it is a replica");
    assert_eq!(error.kind(), StoreErrorKind::Unavailable);
    _ = store.create(&record).await.unwrap();
}
