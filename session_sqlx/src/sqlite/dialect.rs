use sqlx::sqlite::{SqliteConnectOptions, SqliteQueryResult};
use sqlx::{ConnectOptions, Connection, Executor, Sqlite};

use super::files;
use crate::codec::Value;
use crate::connections::Connections;
use crate::dialect::{Dialect, Update, UpdateOutcome};
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

    fn update_statement(parts: &Update) -> String {
        let Update {
            table,
            assignments,
            id,
            expected,
        } = parts;
        format!("UPDATE {table} SET {assignments} WHERE id = {id} AND {expected}")
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

    /// Runs the statement, which decides and writes. If it found nothing to change, `load` finds
    /// the reason, which an `UPDATE` of SQLite does not report. The answer is true of the moment
    /// when `load` runs, and nothing was written before, so both statements together are as one.
    async fn update(
        connections: &Connections<Sqlite>,
        statement: &str,
        values: &[Value<'_>],
        load: &str,
    ) -> Result<UpdateOutcome, sqlx::Error> {
        let done = connections.execute(statement, values).await?;
        if done.rows_affected() > 0 {
            return Ok(UpdateOutcome::Updated);
        }
        let id = &values[values.len() - 2..values.len() - 1];
        match connections.fetch(load, id).await? {
            Some(_) => Ok(UpdateOutcome::Unexpected),
            None => Ok(UpdateOutcome::Gone),
        }
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
