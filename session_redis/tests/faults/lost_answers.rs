//! Writes that took effect, and whose answers nobody got; and servers that are no masters any more.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};

use session::SessionId;
use session::store::{ReplaceOutcome, SessionStorageBackend, StoreErrorKind};
use session_conformance::RecordBuilder;
use session_redis::RedisSessionStore;
use session_test_support::{LIMIT, alone};
use test_servers::{Cluster, Database, Server, Setup};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::site::{ask, cluster_store, durable, store_at, works_within};

/// A network that leads new connections to another server, and breaks one when an answer comes.
struct Network {
    address: SocketAddr,
    server: Arc<Mutex<SocketAddr>>,
    unanswered: Unanswered,
}

/// The session whose next question gets no answer.
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
        let direct = server.address().to_string();
        server.url().replace(&direct, &self.address.to_string())
    }

    /// The next question about this session reaches the server, and its connection breaks.
    ///
    /// Not any question: a client of a cluster asks for its slots when it likes.
    fn lose_answer_about(&self, id: SessionId) {
        *self.unanswered.lock().unwrap() = Some(id);
    }

    fn lead_to(&self, server: SocketAddr) {
        *self.server.lock().unwrap() = server;
    }
}

async fn connection(mut client: TcpStream, mut server: TcpStream, unanswered: Unanswered) {
    let (mut question, mut answer) = (vec![0; 1 << 16], vec![0; 1 << 16]);
    loop {
        tokio::select! {
            count = client.read(&mut question) => match count {
                Ok(count @ 1..) => {
                    let question = &question[..count];
                    server.write_all(question).await.unwrap();
                    if takes_the_answer(&unanswered, question) {
                        // The server does all that it was asked before it sees the end.
                        server.shutdown().await.unwrap();
                        while let Ok(1..) = server.read(&mut answer).await {}
                        return;
                    }
                }
                _ => return,
            },
            count = server.read(&mut answer) => match count {
                Ok(count @ 1..) => client.write_all(&answer[..count]).await.unwrap(),
                _ => return,
            },
        }
    }
}

/// Whether this is the question whose answer gets lost.
fn takes_the_answer(unanswered: &Unanswered, question: &[u8]) -> bool {
    let mut unanswered = unanswered.lock().unwrap();
    let is_asked = unanswered.is_some_and(|id| {
        let id = id.to_string();
        question.windows(id.len()).any(|part| part == id.as_bytes())
    });
    is_asked && unanswered.take().is_some()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_write_is_not_sent_again() {
    let _alone = alone().await;
    let server = durable();
    let network = Network::to(server.address()).await;
    let store = store_at(&network.url(&server)).await;
    writes_whose_answer_is_lost(&store, &network).await;
}

/// The client of a cluster would do it by itself, if it were let.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nor_is_one_to_a_cluster() {
    let _alone = alone().await;
    let mut cluster = Cluster::start(Database::Redis, 1, 0).unwrap();
    let server = cluster.node(0);
    let network = Network::to(server.address()).await;
    let port = network.address.port();
    let _: () = ask(server, &format!("CONFIG SET cluster-announce-port {port}"));
    let store = cluster_store(&[network.url(server)]).await;
    writes_whose_answer_is_lost(&store, &network).await;
}

async fn writes_whose_answer_is_lost(store: &RedisSessionStore, network: &Network) {
    let mut record = RecordBuilder::complete(1).without_principal().build();
    _ = store.create(&record).await.unwrap();
    for round in 0..10 {
        // After this, the server has the script.
        let expected = record.revision;
        Arc::make_mut(&mut record).revision = expected.next();
        let outcome = store.replace(&record, expected).await.unwrap();
        assert_eq!(outcome, ReplaceOutcome::Replaced);
        let expected = record.revision;
        Arc::make_mut(&mut record).revision = expected.next();
        network.lose_answer_about(record.id);
        let outcome = store.replace(&record, expected).await;
        let error = outcome.expect_err("the outcome is unknown");
        assert_eq!(error.kind(), StoreErrorKind::Unavailable, "{round}");
        works_within(LIMIT, store).await;
        let stored = store.load(record.id).await.unwrap();
        assert_eq!(stored.as_ref(), Some(&record), "it took effect");
    }
    let other = RecordBuilder::complete(2).without_principal().build();
    network.lose_answer_about(other.id);
    store
        .create(&other)
        .await
        .expect_err("the outcome is unknown");
    works_within(LIMIT, store).await;
    assert_eq!(store.load(other.id).await.unwrap(), Some(other));
}

/// As after a failover in which the old master lives on.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_server_that_is_no_master_any_more_is_left() {
    let _alone = alone().await;
    let (replica, master) = (durable(), Setup::of(Database::Redis).start().unwrap());
    let network = Network::to(replica.address()).await;
    let store = store_at(&network.url(&replica)).await;
    let record = RecordBuilder::new(1).build();
    _ = store.create(&record).await.unwrap();
    let port = master.address().port();
    let _: () = ask(&replica, &format!("REPLICAOF 127.0.0.1 {port}"));
    // Whoever connects from now on gets to the master, with the password of the old one.
    let password = replica.password();
    let _: () = ask(&master, &format!("CONFIG SET requirepass {password}"));
    network.lead_to(master.address());
    let record = RecordBuilder::new(2).build();
    let error = store.create(&record).await.expect_err("it is a replica");
    assert_eq!(error.kind(), StoreErrorKind::Unavailable);
    _ = store.create(&record).await.unwrap();
}
