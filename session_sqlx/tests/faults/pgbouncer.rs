//! PgBouncer that refuses clients, or loses its server.

use std::error::Error;
use std::num::NonZeroU32;

use session::store::{SessionStorageBackend, StoreErrorKind};
use session_conformance::{RecordBuilder, id};
use session_sqlx::SqlSessionConfig;
use session_sqlx::postgres::PostgresSessionStore;
use session_test_support::{Proxy, alone};
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection, Executor, PgConnection};
use test_servers::{Server, Setup};

use crate::databases::postgres::Site;
use crate::refusals::{load_many, open_all};

const CONNECTIONS: u32 = 4;

/// A pooler, in front of a server with the table.
struct Pooled {
    pooler: Server,
    site: Site,
    /// Between the pooler and the server.
    proxy: Proxy,
}

impl Pooled {
    async fn start() -> Self {
        let site = Site::fast(1).await;
        site.migrate().await.unwrap();
        let proxy = Proxy::to(&site.server).await;
        let pooler = Setup::pooler(&site.server.url_through(proxy.address())).unwrap();
        let pooler = pooler.with("max_client_conn = 12").start().unwrap();
        Self {
            pooler,
            site,
            proxy,
        }
    }

    async fn store(&self) -> PostgresSessionStore {
        let url = self.pooler.url() + "?statement-cache-capacity=0";
        let mut config = SqlSessionConfig::new(url.parse().unwrap());
        config.max_connections = NonZeroU32::new(CONNECTIONS);
        PostgresSessionStore::connect(&config).await.unwrap()
    }

    async fn fill(&self) -> Vec<PgConnection> {
        let options: PgConnectOptions = self.pooler.url().parse().unwrap();
        let options = options.extra_float_digits(None);
        open_all(async || options.connect().await).await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn operations_share_the_connections_that_their_worker_has_at_the_limit_of_the_pooler() {
    let _alone = alone().await;
    let pooled = Pooled::start().await;
    let store = pooled.store().await;
    store.load(id(1)).await.unwrap();
    let _others = pooled.fill().await;
    load_many(&store).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operation_waits_until_the_pooler_accepts_its_connection() {
    let _alone = alone().await;
    let pooled = Pooled::start().await;
    let store = pooled.store().await;
    let mut others = pooled.fill().await;
    let error = store.load(id(1)).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Unavailable);
    let cause = error.source().unwrap().to_string();
    assert!(cause.contains("max_client_conn"), "{cause}");
    assert!(cause.contains("session_sqlx.max_connections"), "{cause}");
    let load = tokio::spawn(async move { store.load(id(1)).await });
    let other = others.pop().unwrap();
    other.close().await.unwrap();
    assert_eq!(load.await.unwrap().unwrap(), None);
}

/// The table, on which all statements wait.
struct Held(PgConnection);

impl Held {
    async fn on(site: &Site) -> Self {
        let mut connection = PgConnection::connect(&site.server.url()).await.unwrap();
        let hold = "BEGIN; LOCK TABLE sessions IN ACCESS EXCLUSIVE MODE";
        connection.execute(hold).await.unwrap();
        Self(connection)
    }

    /// Waits until this number of statements wait.
    async fn wait_for(&mut self, statements: i64) {
        let waiting = "SELECT COUNT(*) FROM pg_locks \
                       WHERE relation = 'sessions'::regclass AND NOT granted";
        let mut found = 0;
        while found < statements {
            let count = sqlx::query_scalar(waiting).fetch_one(&mut self.0);
            found = count.await.unwrap();
        }
    }

    async fn release(&mut self) {
        self.0.execute("COMMIT").await.unwrap();
    }
}

/// The pooler reports the end of its connection as an error, and then closes that of the client.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_an_operation_that_reads_is_repeated_if_the_pooler_lost_its_server() {
    let _alone = alone().await;
    let pooled = Pooled::start().await;
    let store = pooled.store().await;
    let [found, written] = [1, 2].map(|n| RecordBuilder::new(n).build());
    _ = store.create(&found).await.unwrap();
    let mut held = Held::on(&pooled.site).await;
    let (reader, id) = (store.clone(), found.id);
    let read = tokio::spawn(async move { reader.load(id).await });
    let write = tokio::spawn(async move { store.create(&written).await });
    held.wait_for(2).await;
    pooled.proxy.cut();
    let error = write.await.unwrap().unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Unavailable);
    held.release().await;
    assert_eq!(read.await.unwrap().unwrap(), Some(found));
}
