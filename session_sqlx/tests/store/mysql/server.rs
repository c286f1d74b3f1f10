use session_sqlx::mysql::MySqlSessionStore;
use session_sqlx::{SqlSessionConfig, TableName};
use sqlx::mysql::{MySqlConnectOptions, MySqlPoolOptions};
use sqlx::{MySqlPool, Row};

use crate::support::{Fixture, tested, unique_table, url};

pub(super) type MySql = Fixture<MySqlSessionStore, MySqlPool>;

/// Runs a test with a store whose table is its own.
pub(super) async fn test(test: impl AsyncFnOnce(MySql)) {
    let fixture = fixture("DO 0").await;
    fixture.store.migrate().await.unwrap();
    run(fixture, test).await;
}

/// Runs a test with a store that has no table yet.
pub(super) async fn test_unmigrated(test: impl AsyncFnOnce(MySql)) {
    run(fixture("DO 0").await, test).await;
}

pub(super) async fn run(fixture: MySql, test: impl AsyncFnOnce(MySql)) {
    let table = fixture.store.table().clone();
    tested(test(fixture), drop_table(table)).await;
}

/// Returns a store that opens its connections itself, with a table of its own.
pub(super) async fn configured() -> MySqlSessionStore {
    let url = url("SESSION_TEST_MYSQL_URL").parse().unwrap();
    let mut config = SqlSessionConfig::new(url);
    config.table = unique_table();
    MySqlSessionStore::from_config(&config).await.unwrap()
}

/// Returns a store without a table, whose connections begin with that statement.
pub(super) async fn fixture(first: &'static str) -> MySql {
    fixture_with(options(), first).await
}

/// Returns a store without a table, whose connections have these options and begin with that
/// statement.
pub(super) async fn fixture_with(options: MySqlConnectOptions, first: &'static str) -> MySql {
    let pool = connect(options, first, 8).await;
    let store = MySqlSessionStore::with_table(pool.clone(), unique_table());
    Fixture { store, pool }
}

/// Returns a pool of connections that begin with that statement.
pub(super) async fn pool(first: &'static str, connections: u32) -> MySqlPool {
    connect(options(), first, connections).await
}

async fn connect(options: MySqlConnectOptions, first: &'static str, connections: u32) -> MySqlPool {
    let pool = MySqlPoolOptions::new().max_connections(connections);
    let pool = pool.after_connect(move |connection, _| {
        Box::pin(async move {
            sqlx::Executor::execute(connection, first).await?;
            Ok(())
        })
    });
    pool.connect_with(options).await.expect("the server runs")
}

/// Returns the number of transactions that the one connection of the pool has begun.
pub(super) async fn begun(pool: &MySqlPool) -> usize {
    let status = sqlx::query("SHOW SESSION STATUS LIKE 'Com_begin'");
    let row = status.fetch_one(pool).await.unwrap();
    row.get::<String, _>(1).parse().unwrap()
}

pub(super) fn options() -> MySqlConnectOptions {
    let url = url("SESSION_TEST_MYSQL_URL");
    url.parse().expect("the URL is valid")
}

/// Opens a connection of its own, since the pool of the test may be closed.
pub(super) async fn drop_table(table: TableName) {
    let pool = MySqlPool::connect_with(options()).await.unwrap();
    let drop = format!("DROP TABLE IF EXISTS {table}, {table}_schema");
    sqlx::query(&drop).execute(&pool).await.unwrap();
    pool.close().await;
}

/// Returns statements that make the table refuse each row, with an error that quotes it.
pub(super) fn refuse_all_rows(table: &TableName) -> Vec<String> {
    vec![format!(
        "CREATE TRIGGER {table}_refuse BEFORE INSERT ON {table} FOR EACH ROW BEGIN \
           DECLARE message TEXT DEFAULT CONCAT('refused: ', NEW.state, NEW.principal, NEW.label); \
           SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = message; \
         END"
    )]
}

/// A change that gives a row an id that no session has.
pub(super) const MALFORMED_ID: &str = "id = x'00'";

/// A change after which a row is listed, as the oldest one, and cannot be read.
pub(super) const DAMAGED_RECORD: &str = "state = x'ff', secret_issued_at = 1";
