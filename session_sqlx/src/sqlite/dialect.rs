use session::store::{ReplaceOutcome, StoreErrorKind};
use sqlx::error::DatabaseError;
use sqlx::sqlite::{SqliteConnection, SqliteQueryResult};
use sqlx::{Executor, Row, Sqlite, SqlitePool};

use crate::TableName;
use crate::codec::Value;
use crate::dialect::{Dialect, Fault};
use crate::driver::Driver;
use crate::statements::Replacement;

/// The SQL of SQLite.
#[derive(Debug)]
pub(crate) enum SqliteDialect {}

const MIGRATIONS: [&str; 1] = [include_str!("../../migrations/sqlite.sql")];

impl Dialect for SqliteDialect {
    type Database = Sqlite;

    const WRITERS: usize = 1;
    const GREATEST: &'static str = "MAX";
    const UNLESS_THERE: &'static str = " ON CONFLICT (id) DO NOTHING";

    fn quote(name: &str) -> String {
        format!("\"{name}\"")
    }

    fn parameter(n: usize) -> String {
        format!("?{n}")
    }

    fn is_not(column: &str, parameter: String) -> String {
        format!("{column} IS NOT {parameter}")
    }

    fn replace_statement(parts: &Replacement) -> String {
        let Replacement {
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

    /// One statement decides and writes. If it found nothing to replace, another one tells why: an
    /// `UPDATE` of SQLite cannot tell what it compared with. It is true of the moment when it runs, and
    /// nothing was written before it, so both together are as one.
    async fn replace(
        pool: &SqlitePool,
        statement: &str,
        values: &[Value<'_>],
        load: &str,
    ) -> Result<ReplaceOutcome, sqlx::Error> {
        let done = Sqlite::execute(pool, statement, values).await?;
        if done.rows_affected() > 0 {
            return Ok(ReplaceOutcome::Replaced);
        }
        let id = &values[values.len() - 2..values.len() - 1];
        match Sqlite::fetch(pool, load, id).await? {
            Some(_) => Ok(ReplaceOutcome::Conflict),
            None => Ok(ReplaceOutcome::Gone),
        }
    }

    async fn migrate(pool: &SqlitePool, table: &TableName) -> Result<(), sqlx::Error> {
        if version(&mut *pool.acquire().await?, table).await? >= MIGRATIONS.len() {
            return Ok(());
        }
        // Others that migrate wait here; afterwards there is nothing left for them to do.
        let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await?;
        let version = version(&mut transaction, table).await?;
        for script in MIGRATIONS.iter().skip(version) {
            let script = table.rename(script);
            transaction.execute(script.as_str()).await?;
        }
        transaction.commit().await
    }

    fn fault(error: &dyn DatabaseError) -> Fault {
        let code = error.code().and_then(|code| code.parse().ok());
        match code.unwrap_or(0) {
            // A snapshot that is out of date, or a cache shared with another connection: SQLite does
            // not wait for these.
            517 | 262 => Fault::Transient,
            code => Fault::Lasting(kind(code & 0xff)),
        }
    }
}

/// How many migrations were run.
async fn version(
    connection: &mut SqliteConnection,
    table: &TableName,
) -> Result<usize, sqlx::Error> {
    let table = table.of_migrations();
    let exists = "SELECT COUNT(*) FROM sqlite_schema WHERE type = 'table' AND name = ?";
    let exists = sqlx::query(exists).bind(&table).fetch_one(&mut *connection);
    if exists.await?.try_get::<i64, _>(0)? == 0 {
        return Ok(0);
    }
    let version = format!("SELECT COALESCE(MAX(version), 0) FROM \"{table}\"");
    let version = sqlx::query(&version).fetch_one(connection).await?;
    Ok(usize::try_from(version.try_get::<i64, _>(0)?).unwrap_or(0))
}

/// The kind of a primary result code of SQLite.
fn kind(code: i32) -> StoreErrorKind {
    match code {
        // BUSY (the busy timeout is over), LOCKED, NOMEM, READONLY, IOERR, CANTOPEN
        5 | 6 | 7 | 8 | 10 | 14 => StoreErrorKind::Unavailable,
        // FULL
        13 => StoreErrorKind::Full,
        _ => StoreErrorKind::Other,
    }
}
