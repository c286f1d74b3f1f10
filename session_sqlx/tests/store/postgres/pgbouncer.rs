//! The store through PgBouncer, which gives each transaction another connection to the server.

use session_conformance::{RecordBuilder, id};
use session_sqlx::SqlSessionConfig;
use session_sqlx::postgres::PostgresSessionStore;
use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

use super::server::{self, Postgres};
use crate::facts;
use crate::support::{printed, tested, unique_table, url};

session_conformance::test_suite!(super::conformance::subject(migrated().await));

/// Returns options for connections to the pooler, as its documentation demands.
fn options() -> PgConnectOptions {
    let url: PgConnectOptions = url("SESSION_TEST_PGBOUNCER_URL").parse().unwrap();
    url.extra_float_digits(None).statement_cache_capacity(0)
}

async fn migrated() -> Postgres {
    let fixture = server::fixture(options()).await;
    fixture.store.migrate().await.unwrap();
    fixture
}

#[tokio::test]
async fn a_configured_store_works_through_a_pooler_with_its_default_configuration() {
    let url = url("SESSION_TEST_PGBOUNCER_URL") + "?statement-cache-capacity=0";
    let mut config = SqlSessionConfig::new(url.parse().unwrap());
    config.table = unique_table();
    let test = async {
        let store = PostgresSessionStore::from_config(&config).await.unwrap();
        let record = facts::given(&store, 1).await;
        assert_eq!(facts::load(&store, record.id).await, Some(record));
    };
    tested(test, server::drop_table(config.table.clone())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_clients_share_the_connections_of_a_pooler() {
    server::run(migrated().await, async |f| {
        let mut clients = tokio::task::JoinSet::new();
        for client in 0..10 {
            let store = f.store.clone();
            clients.spawn(async move {
                for n in 0..20 {
                    facts::run_a_life(&store, client * 20 + n).await;
                }
            });
        }
        clients.join_all().await;
    })
    .await;
}

#[tokio::test]
async fn a_connection_without_a_cache_of_statements_keeps_none() {
    let pool = PgPoolOptions::new().max_connections(1);
    let options = server::options().statement_cache_capacity(0);
    let pool = pool.connect_with(options).await.unwrap();
    let store = PostgresSessionStore::with_table(pool.clone(), unique_table());
    let test = async {
        store.migrate().await.unwrap();
        for _ in 0..20 {
            facts::run_each_operation(&store).await;
        }
        let kept = "SELECT count(*) FROM pg_prepared_statements WHERE name <> ''";
        let kept = sqlx::query_scalar(kept).persistent(false);
        let kept: i64 = kept.fetch_one(&pool).await.unwrap();
        assert_eq!(kept, 0);
    };
    tested(test, server::drop_table(store.table().clone())).await;
}

#[tokio::test]
async fn a_lost_prepared_statement_is_an_error_that_says_what_to_do() {
    server::test(async |f| {
        let pool = PgPoolOptions::new().max_connections(1);
        let pool: PgPool = pool.connect_with(server::options()).await.unwrap();
        let store = PostgresSessionStore::with_table(pool.clone(), f.store.table().clone());
        let record = RecordBuilder::new(1).build();
        _ = session::store::SessionStorageBackend::create(&store, &record).await;
        facts::load(&store, id(1)).await;
        sqlx::raw_sql("DEALLOCATE ALL")
            .execute(&pool)
            .await
            .unwrap();
        let printed = printed(&facts::failure(&store).await);
        assert!(printed.contains("statement-cache-capacity=0"), "{printed}");
    })
    .await;
}
