use session_sqlx::TableName;
use session_sqlx::sqlite::{SqliteSessionStore, connect_options};
use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};

use crate::support::{Fixture, tested, unique_table};

pub(super) type Sqlite = Fixture<SqliteSessionStore, SqlitePool>;

/// Runs a test with a store in a file of its own.
pub(super) async fn test(test: impl AsyncFnOnce(Sqlite)) {
    let folder = tempfile::tempdir().unwrap();
    let fixture = fixture(connect_options(folder.path().join("app.db"))).await;
    fixture.store.migrate().await.unwrap();
    let pool = fixture.pool.clone();
    tested(test(fixture), async move { pool.close().await }).await;
}

/// Runs a test with a store that has no table yet.
pub(super) async fn test_unmigrated(test: impl AsyncFnOnce(Sqlite)) {
    let folder = tempfile::tempdir().unwrap();
    let fixture = fixture(connect_options(folder.path().join("app.db"))).await;
    let pool = fixture.pool.clone();
    tested(test(fixture), async move { pool.close().await }).await;
}

/// Returns a store without a table, whose connections have these options.
pub(super) async fn fixture(options: SqliteConnectOptions) -> Sqlite {
    let pool = SqlitePoolOptions::new().max_connections(8);
    let pool = pool.connect_with(options).await.unwrap();
    let store = SqliteSessionStore::with_table(pool.clone(), unique_table());
    Fixture { store, pool }
}

/// Returns statements that make the table refuse each row, with an error that quotes it.
pub(super) fn refuse_all_rows(table: &TableName) -> Vec<String> {
    vec![format!(
        "CREATE TRIGGER refuse BEFORE INSERT ON {table} BEGIN SELECT RAISE(ABORT, 'refused'); END"
    )]
}

/// A change that gives a row an id that no session has.
pub(super) const MALFORMED_ID: &str = "id = x'00'";

/// A change after which a row is listed, as the oldest one, and cannot be read.
pub(super) const DAMAGED_RECORD: &str = "secret = x'00', secret_issued_at = 1";
