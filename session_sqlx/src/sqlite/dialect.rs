use sqlx::sqlite::{SqliteConnectOptions, SqliteQueryResult};
use sqlx::{ConnectOptions, Connection, Executor, Sqlite};

use super::files;
use crate::dialect::Dialect;
use crate::lease::Lease;
use crate::migration::missing_scripts;
use crate::table::TableName;

/// The SQL of SQLite.
#[derive(Debug)]
pub(crate) enum SqliteDialect {}

impl Dialect for SqliteDialect {
    type Database = Sqlite;

    const WRITERS: usize = 1;
    const GREATEST: &'static str = "MAX";
    const UNLESS_THERE: &'static str = " ON CONFLICT (id) DO NOTHING";
    const MIGRATIONS: &'static [&'static str] = &[include_str!("../../migrations/sqlite.sql")];
    const COLUMN_NAMES: &'static str = "SELECT name FROM pragma_table_info(?)";

    const READ_ONLY: &'static str = "SELECT query_only FROM pragma_query_only";

    fn quote(name: &str) -> String {
        format!("\"{name}\"")
    }

    fn parameter(n: usize) -> String {
        format!("?{n}")
    }

    fn is_not(column: &str, parameter: String) -> String {
        format!("{column} IS NOT {parameter}")
    }

    fn delete_expired_statement(table: &str) -> String {
        format!(
            "DELETE FROM {table} WHERE rowid IN \
             (SELECT rowid FROM {table} WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2)"
        )
    }

    fn rows_affected(outcome: &SqliteQueryResult) -> u64 {
        outcome.rows_affected()
    }

    async fn run_missing_scripts(
        lease: &mut Lease<Sqlite>,
        table: &TableName,
    ) -> Result<(), sqlx::Error> {
        // Other servers wait here, and then find nothing to do.
        let mut transaction = lease.connection().begin_with("BEGIN IMMEDIATE").await?;
        for script in missing_scripts::<Self>(&mut transaction, table).await? {
            transaction.execute(script.as_str()).await?;
        }
        transaction.commit().await
    }

    fn after_migration(options: &SqliteConnectOptions) {
        files::warn_unless_private(options.get_filename());
    }

    /// Of two connections that close at the same time, each may leave the log to the other one.
    async fn after_close(options: &SqliteConnectOptions) {
        let options = options.clone().create_if_missing(false);
        if let Ok(mut last) = options.connect().await {
            _ = last.execute("PRAGMA wal_checkpoint").await;
            _ = last.close().await;
        }
    }
}
