//! Servers, and stores that a test has for itself.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Once};
use std::time::{SystemTime, UNIX_EPOCH};

use redis::Client;
use redis::aio::MultiplexedConnection;
use session::store::SessionRecord;
use session_conformance::RecordBuilder;
use session_redis::{KeyPrefix, RedisSessionStore};
use test_servers::{Database, Server, Setup};
use tracing::subscriber::DefaultGuard;

/// A store with a prefix of its own, for one test.
pub(crate) struct Fixture {
    pub(crate) store: RedisSessionStore,
    /// A connection to the same server.
    pub(crate) connection: MultiplexedConnection,
    pub(crate) url: String,
}

impl Fixture {
    pub(crate) async fn on(url: &str) -> Self {
        let client = Client::open(url).expect("the URL is valid");
        let connection = client.get_multiplexed_async_connection().await;
        Self {
            store: store_at(url).await.with_prefix(&unique_prefix()),
            connection: connection.expect("the server runs"),
            url: url.to_owned(),
        }
    }
}

impl From<Fixture> for session_conformance::Fixture {
    fn from(fixture: Fixture) -> Self {
        let prefix = fixture.store.prefix().clone();
        Self::from(fixture.store).with_tear_down(clear(fixture.connection, prefix))
    }
}

/// Starts a server that does not wait for the disk.
pub(crate) fn server() -> Server {
    Setup::of(Database::Redis)
        .without_durability()
        .start()
        .unwrap()
}

pub(crate) async fn store_at(url: &str) -> RedisSessionStore {
    let client = Client::open(url).expect("the URL is valid");
    let store = RedisSessionStore::connect(client).await;
    store.expect("the server runs")
}

pub(crate) fn clients(urls: &[String]) -> Vec<Client> {
    let clients = urls.iter().map(|url| Client::open(url.as_str()));
    clients.map(Result::unwrap).collect()
}

/// Begins the successor of a record, with nothing but its revision changed.
pub(crate) fn successor(record: &Arc<SessionRecord>) -> RecordBuilder {
    let revision = record.revision.next();
    RecordBuilder::from(record.clone()).revision(revision.as_i64())
}

/// An entry of an index, for a session that has been gone for long.
pub(crate) fn dead_entry(n: u64) -> Vec<u8> {
    [session_conformance::id(n).as_uuid().as_bytes(), &[0; 8][..]].concat()
}

/// Deletes everything with that prefix.
pub(crate) async fn clear(mut connection: MultiplexedConnection, prefix: KeyPrefix) {
    let mut cursor = 0_u64;
    loop {
        let mut scan = redis::cmd("SCAN");
        scan.arg(cursor).arg("MATCH").arg(format!("{prefix}*"));
        scan.arg("COUNT").arg(1_000);
        let (next, keys): (u64, Vec<Vec<u8>>) = scan.query_async(&mut connection).await.unwrap();
        if !keys.is_empty() {
            let mut unlink = redis::cmd("UNLINK");
            unlink.arg(keys).exec_async(&mut connection).await.unwrap();
        }
        if next == 0 {
            return;
        }
        cursor = next;
    }
}

/// Returns everything that a log could show of an error.
pub(crate) fn printed(error: &dyn std::error::Error) -> String {
    let mut text = format!("{error} {error:?}");
    let mut cause = error.source();
    while let Some(error) = cause {
        text += &format!(" {error} {error:?}");
        cause = error.source();
    }
    text
}

/// Returns the URL of a server that the tests share.
///
/// Without one the test fails: a skipped test would look as if it had passed.
pub(crate) fn url(variable: &str) -> String {
    std::env::var(variable).unwrap_or_else(|_| {
        panic!(
            "the environment variable `{variable}` is missing: set it to the URL of a server, or \
             run `cargo xtask test`, which starts one"
        )
    })
}

/// Returns a prefix that no other test uses, in this run or in another one at the same time.
pub(crate) fn unique_prefix() -> KeyPrefix {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let n = NEXT.fetch_add(1, Ordering::Relaxed);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let process = std::process::id();
    let prefix = format!("test-{process}-{n}-{}:", now.as_micros());
    prefix.parse().unwrap()
}

/// Makes `subscriber` that of this thread.
///
/// `tracing` decides once for each event whether it is recorded, by the subscriber of the first
/// thread that meets the event. That may be the thread of a test without one. So the process gets a
/// subscriber too, which accepts all events and does nothing.
pub(crate) fn listen(subscriber: impl tracing::Subscriber + Send + Sync) -> DefaultGuard {
    static GLOBAL: Once = Once::new();
    GLOBAL.call_once(|| {
        let subscriber = tracing_subscriber::registry();
        tracing::subscriber::set_global_default(subscriber).expect("there is not another one");
    });
    tracing::subscriber::set_default(subscriber)
}
