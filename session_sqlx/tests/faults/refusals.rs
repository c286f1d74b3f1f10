//! A server that accepts no more connections.

use std::error::Error;
use std::time::Duration;

use session::store::{SessionStorageBackend, StoreErrorKind};
use session_conformance::id;
use session_sqlx::SqlSessionConfig;
use session_test_support::{Proxy, alone};
use sqlx::Connection;
use test_servers::{Database, Setup};
use tokio::task::JoinSet;

const OPERATIONS: u64 = 50;
const REFUSALS: u32 = 5;

/// Opens connections until no more are accepted, even after another question: a server may notice
/// late that others have ended.
pub(crate) async fn open_all<C>(connect: impl AsyncFn() -> Result<C, sqlx::Error>) -> Vec<C> {
    let (mut connections, mut refused) = (Vec::new(), 0);
    while refused < REFUSALS {
        match connect().await {
            Ok(connection) => connections.push(connection),
            Err(_) => {
                refused += 1;
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
    connections
}

/// Runs far more operations at once than the store may have connections.
pub(crate) async fn load_many(store: &(impl SessionStorageBackend + Clone)) {
    let mut loads = JoinSet::new();
    for n in 0..OPERATIONS {
        let store = store.clone();
        loads.spawn(async move { store.load(id(n)).await.map(drop) });
    }
    for loaded in loads.join_all().await {
        loaded.unwrap();
    }
}

macro_rules! on {
    ($database:ident, $Connection:ty, $Store:ty, $setup:expr) => {
        mod $database {
            use super::*;
            use crate::databases::$database::Site;

            async fn site() -> Site {
                let setup = Setup::of($setup).with("max_connections=12");
                let server = setup.without_durability().start();
                let site = Site::on(server.unwrap(), 1).await;
                site.migrate().await.unwrap();
                site
            }

            async fn fill(site: &Site) -> Vec<$Connection> {
                let url = site.server.url();
                open_all(async || <$Connection>::connect(&url).await).await
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn operations_share_the_connections_that_their_worker_has() {
                let _alone = alone().await;
                let site = site().await;
                let proxy = Proxy::to(&site.server).await;
                let store = site.configured_through(&proxy, 4).await;
                let _others = fill(&site).await;
                load_many(&store).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn an_operation_waits_until_the_server_accepts_its_connection() {
                let _alone = alone().await;
                let site = site().await;
                let config = SqlSessionConfig::new(site.server.url().parse().unwrap());
                let store = <$Store>::connect(&config).await.unwrap();
                let mut others = fill(&site).await;
                let error = store.load(id(1)).await.unwrap_err();
                assert_eq!(error.kind(), StoreErrorKind::Unavailable);
                let cause = error.source().unwrap().to_string();
                assert!(cause.contains("session_sqlx.max_connections"), "{cause}");
                let load = tokio::spawn(async move { store.load(id(1)).await });
                let other = others.pop().unwrap();
                other.close().await.unwrap();
                assert_eq!(load.await.unwrap().unwrap(), None);
            }
        }
    };
}

#[cfg(feature = "postgres")]
on!(
    postgres,
    sqlx::PgConnection,
    session_sqlx::postgres::PostgresSessionStore,
    Database::Postgres
);
#[cfg(feature = "mysql")]
on!(
    mysql,
    sqlx::MySqlConnection,
    session_sqlx::mysql::MySqlSessionStore,
    Database::MariaDb
);
