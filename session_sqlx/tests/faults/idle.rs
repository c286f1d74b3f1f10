//! Connections that wait in the pool of a configured store.

#[cfg(feature = "postgres")]
use std::num::NonZeroU32;
use std::time::Duration;

#[cfg(feature = "mysql")]
use session::store::StoreErrorKind;
use session::store::{SessionStorageBackend, StoreError};
use session_conformance::{RecordBuilder, id};
#[cfg(feature = "postgres")]
use session_sqlx::{SqlSessionConfig, postgres::PostgresSessionStore};
use session_test_support::{Proxy, alone};
use tokio::task::JoinSet;

const CONNECTIONS: u32 = 4;

/// Longer than a connection is idle before it is pinged again.
const PAUSE: Duration = Duration::from_millis(1_100);

/// Loads that run at the same time, so that they use all connections.
async fn load(store: &(impl SessionStorageBackend + Clone)) -> Vec<Result<(), StoreError>> {
    let mut loads = JoinSet::new();
    for n in 0..50 {
        let store = store.clone();
        loads.spawn(async move { store.load(id(n)).await.map(drop) });
    }
    loads.join_all().await
}

/// As [`load`], with operations that are not repeated.
async fn create(store: &(impl SessionStorageBackend + Clone)) -> Vec<Result<(), StoreError>> {
    let mut creations = JoinSet::new();
    for n in 0..50 {
        let store = store.clone();
        let record = RecordBuilder::new(n).build();
        creations.spawn(async move { store.create(&record).await.map(drop) });
    }
    creations.join_all().await
}

macro_rules! on {
    ($database:ident) => {
        mod $database {
            use super::*;
            use crate::databases::$database::Site;

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn an_operation_waits_for_the_answer_to_one_message() {
                let _alone = alone().await;
                let site = Site::fast(1).await;
                let proxy = Proxy::to(&site.server).await;
                let store = site.configured_through(&proxy, 1).await;
                load(&store).await;
                let before = proxy.messages();
                for n in 0..100 {
                    store.load(id(n)).await.unwrap();
                }
                let sent = proxy.messages() - before;
                // A few more if the machine stops for a second.
                assert!((100..=110).contains(&sent), "{sent}");
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn an_operation_that_only_reads_is_repeated_if_its_connection_was_closed() {
                let _alone = alone().await;
                let site = Site::fast(1).await;
                let proxy = Proxy::to(&site.server).await;
                let store = site.configured_through(&proxy, CONNECTIONS).await;
                load(&store).await;
                proxy.cut();
                for loaded in load(&store).await {
                    loaded.unwrap();
                }
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn no_operation_notices_that_the_server_was_restarted_while_connections_were_idle()
            {
                let _alone = alone().await;
                let mut site = Site::durable(1).await;
                let proxy = Proxy::to(&site.server).await;
                let store = site.configured_through(&proxy, CONNECTIONS).await;
                load(&store).await;
                site.server.kill().unwrap();
                site.server.restart().unwrap();
                tokio::time::sleep(PAUSE).await;
                for created in create(&store).await {
                    created.unwrap();
                }
            }
        }
    };
}

#[cfg(feature = "postgres")]
on!(postgres);
#[cfg(feature = "mysql")]
on!(mysql);

/// Postgres says that a statement had no effect because it ends the connection; MySQL only closes
/// it.
#[cfg(feature = "postgres")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_operation_notices_that_postgres_has_ended_its_connection() {
    let _alone = alone().await;
    let site = crate::databases::postgres::Site::fast(1).await;
    let proxy = Proxy::to(&site.server).await;
    let store = site.configured_through(&proxy, CONNECTIONS).await;
    load(&store).await;
    site.end_connections().await;
    for created in create(&store).await {
        created.unwrap();
    }
}

/// Has statements on one connection fail as if the server ended the connection, which it says if it
/// still can, or were cut off from the others of its cluster. A transaction that is rolled back
/// leaves the note in the other table.
#[cfg(feature = "mysql")]
fn failing_on_one_connection(code: u16) -> String {
    format!(
        "CREATE TABLE failures (code INT, connection BIGINT UNSIGNED) ENGINE = MyISAM;
         CREATE FUNCTION works() RETURNS INT NOT DETERMINISTIC READS SQL DATA BEGIN
             IF (SELECT COUNT(*) FROM failures WHERE connection <> CONNECTION_ID()) = 0 THEN
                 INSERT INTO failures VALUES ({code}, CONNECTION_ID());
                 SIGNAL SQLSTATE '08S01' SET MYSQL_ERRNO = {code};
             END IF;
             RETURN 1;
         END;
         RENAME TABLE sessions TO kept;
         CREATE VIEW sessions AS SELECT * FROM kept WHERE works() = 1"
    )
}

/// The end of the server, and a node without the majority of its cluster
#[cfg(feature = "mysql")]
const CODES: [u16; 2] = [1053, 1047];

#[cfg(feature = "mysql")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operation_that_only_reads_is_repeated_if_mysql_refuses_it_on_its_connection() {
    let _alone = alone().await;
    for code in CODES {
        let site = crate::databases::mysql::Site::fast(1).await;
        let proxy = Proxy::to(&site.server).await;
        let store = site.configured_through(&proxy, 1).await;
        let record = RecordBuilder::new(1).build();
        _ = store.create(&record).await.unwrap();
        let end = failing_on_one_connection(code);
        sqlx::raw_sql(&end).execute(&site.pool).await.unwrap();
        assert_eq!(store.load(record.id).await.unwrap(), Some(record));
        assert_eq!(site.count("SELECT COUNT(*) FROM failures").await, 1);
    }
}

#[cfg(feature = "mysql")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_that_mysql_refuses_on_its_connection_is_an_error_and_the_next_one_has_another() {
    let _alone = alone().await;
    for code in CODES {
        let site = crate::databases::mysql::Site::fast(1).await;
        let proxy = Proxy::to(&site.server).await;
        let store = site.configured_through(&proxy, 1).await;
        _ = store.create(&RecordBuilder::new(1).build()).await.unwrap();
        let end = failing_on_one_connection(code);
        sqlx::raw_sql(&end).execute(&site.pool).await.unwrap();
        let error = store.delete(id(1), None).await.unwrap_err();
        assert_eq!(error.kind(), StoreErrorKind::Unavailable);
        assert!(store.delete(id(1), None).await.unwrap());
        assert_eq!(site.count("SELECT COUNT(*) FROM failures").await, 1);
    }
}

/// Through a pooler, each operation begins a transaction. That fails before the operation itself.
#[cfg(feature = "postgres")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_operation_through_a_pooler_notices_that_its_idle_connection_was_closed() {
    let _alone = alone().await;
    let site = crate::databases::postgres::Site::fast(1).await;
    let proxy = Proxy::to(&site.server).await;
    let url = site.server.url_through(proxy.address()) + "?statement-cache-capacity=0";
    let mut config = SqlSessionConfig::new(url.parse().unwrap());
    config.max_connections = NonZeroU32::new(CONNECTIONS);
    let store = PostgresSessionStore::from_config(&config).await.unwrap();
    load(&store).await;
    proxy.cut();
    for created in create(&store).await {
        created.unwrap();
    }
}
