use session_sqlx::postgres::PostgresSessionStore;
use session_sqlx::{SqlSessionConfig, TableName};
use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

use crate::support::{Fixture, tested, unique_table, url};

pub(super) type Postgres = Fixture<PostgresSessionStore, PgPool>;

/// Runs a test with a store whose table is its own.
pub(super) async fn test(test: impl AsyncFnOnce(Postgres)) {
    let fixture = fixture(options()).await;
    fixture.store.migrate().await.unwrap();
    run(fixture, test).await;
}

/// Runs a test with a store that has no table yet.
pub(super) async fn test_unmigrated(test: impl AsyncFnOnce(Postgres)) {
    run(fixture(options()).await, test).await;
}

pub(super) async fn run(fixture: Postgres, test: impl AsyncFnOnce(Postgres)) {
    let table = fixture.store.table().clone();
    tested(test(fixture), drop_table(table)).await;
}

/// Returns a store that opens its connections itself, with a table of its own.
pub(super) async fn configured() -> PostgresSessionStore {
    let url = url("SESSION_TEST_POSTGRES_URL").parse().unwrap();
    let mut config = SqlSessionConfig::new(url);
    config.table = unique_table();
    PostgresSessionStore::from_config(&config).await.unwrap()
}

/// Returns a store without a table, whose connections have these options.
pub(super) async fn fixture(options: PgConnectOptions) -> Postgres {
    let pool = PgPoolOptions::new().max_connections(8);
    let pool = pool.connect_with(options).await.expect("the server runs");
    let store = PostgresSessionStore::with_table(pool.clone(), unique_table());
    Fixture { store, pool }
}

pub(super) fn options() -> PgConnectOptions {
    let url = url("SESSION_TEST_POSTGRES_URL");
    url.parse().expect("the URL is valid")
}

/// Opens a connection of its own, since the pool of the test may be closed.
pub(super) async fn drop_table(table: TableName) {
    let pool = PgPool::connect_with(options()).await.unwrap();
    let drop = format!("DROP TABLE IF EXISTS {table}, {table}_schema");
    sqlx::query(&drop).execute(&pool).await.unwrap();
    pool.close().await;
}

/// Returns statements that make the table refuse each row, with an error that quotes it.
pub(super) fn refuse_all_rows(table: &TableName) -> Vec<String> {
    vec![format!("ALTER TABLE {table} ADD CHECK (length(state) = 0)")]
}

/// A change that gives a row an id that no session has.
pub(super) const MALFORMED_ID: &str = "id = '00000000-0000-0000-0000-000000000000'";

/// A change after which a row is listed, as the oldest one, and cannot be read.
pub(super) const DAMAGED_RECORD: &str = "secret = 'x', secret_issued_at = 1";
