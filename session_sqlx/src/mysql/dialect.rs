use session::store::{ReplaceOutcome, StoreErrorKind};
use sqlx::error::DatabaseError;
use sqlx::mysql::{MySqlConnection, MySqlDatabaseError, MySqlQueryResult};
use sqlx::{Executor, MySql, MySqlPool, Row};

use crate::TableName;
use crate::codec::Value;
use crate::dialect::{Dialect, Fault};
use crate::driver::Driver;
use crate::statements::Replacement;

/// The SQL of MySQL and MariaDB.
#[derive(Debug)]
pub(crate) enum MySqlDialect {}

const MIGRATIONS: [&str; 1] = [include_str!("../../migrations/mysql.sql")];

/// What the statement for a replacement leaves as the last insert id.
const CONFLICT: u64 = 1;
const REPLACED: u64 = 2;

impl Dialect for MySqlDialect {
    type Database = MySql;

    const GREATEST: &'static str = "GREATEST";
    // `INSERT IGNORE` would hide other errors, too; and what counts as affected by `ON DUPLICATE KEY
    // UPDATE` depends on a flag of the connection.
    const UNLESS_THERE: &'static str = "";

    fn quote(name: &str) -> String {
        format!("`{name}`")
    }

    fn parameter(_n: usize) -> String {
        "?".to_owned()
    }

    fn is_not(column: &str, parameter: String) -> String {
        format!("NOT ({column} <=> {parameter})")
    }

    /// An `UPDATE` returns no rows here, but with its outcome comes the last insert id, and a call of
    /// `LAST_INSERT_ID` with an argument sets it. It is called for the row with the id, once that is
    /// locked; if there is no such row, the id stays 0.
    fn replace_statement(parts: &Replacement) -> String {
        let Replacement {
            table,
            assignments,
            id,
            expected,
        } = parts;
        format!(
            "UPDATE {table} SET {assignments} WHERE id = {id} \
             AND LAST_INSERT_ID(IF({expected}, {REPLACED}, {CONFLICT})) = {REPLACED}"
        )
    }

    /// Records that another sweeper deletes or a request touches at this moment are skipped.
    fn delete_expired_statement(table: &str) -> String {
        format!(
            "DELETE target FROM (\
               SELECT id FROM {table} WHERE expires_at <= ? \
               ORDER BY expires_at LIMIT ? FOR UPDATE SKIP LOCKED\
             ) AS expired STRAIGHT_JOIN {table} AS target ON target.id = expired.id"
        )
    }

    fn rows_affected(outcome: &MySqlQueryResult) -> u64 {
        outcome.rows_affected()
    }

    async fn replace(
        pool: &MySqlPool,
        statement: &str,
        values: &[Value<'_>],
        _load: &str,
    ) -> Result<ReplaceOutcome, sqlx::Error> {
        let done = MySql::execute(pool, statement, values).await?;
        // `sqlx` has the server count the rows that it found, not only those that it changed.
        match (done.rows_affected(), done.last_insert_id()) {
            (1.., _) => Ok(ReplaceOutcome::Replaced),
            (0, CONFLICT) => Ok(ReplaceOutcome::Conflict),
            // Without a row that is to be replaced, it was deleted before it could be locked.
            _ => Ok(ReplaceOutcome::Gone),
        }
    }

    async fn migrate(pool: &MySqlPool, table: &TableName) -> Result<(), sqlx::Error> {
        let mut connection = pool.acquire().await?;
        if version(&mut connection, table).await? >= MIGRATIONS.len() {
            return Ok(());
        }
        // Taken out of the pool: whatever happens, the connection is closed in the end, and with it the
        // lock is released.
        let mut connection = connection.detach();
        lock(&mut connection, table).await?;
        let version = version(&mut connection, table).await?;
        for script in MIGRATIONS.iter().skip(version) {
            let script = table.rename(script);
            connection.execute(script.as_str()).await?;
        }
        sqlx::Connection::close(connection).await
    }

    fn fault(error: &dyn DatabaseError) -> Fault {
        let error = error.try_downcast_ref::<MySqlDatabaseError>();
        match error.map_or(0, MySqlDatabaseError::number) {
            // Deadlock; and, on MariaDB, a record that changed since the statement's snapshot
            1213 | 1020 => Fault::Transient,
            number => Fault::Lasting(kind(number)),
        }
    }
}

/// Others that migrate wait here; afterwards there is nothing left for them to do.
async fn lock(connection: &mut MySqlConnection, table: &TableName) -> Result<(), sqlx::Error> {
    // Names of locks are the server's, not the database's, and not longer than 64 characters.
    let lock = "SELECT GET_LOCK(CONCAT('session_sqlx.', SHA1(CONCAT(DATABASE(), '.', ?))), 60)";
    let lock = sqlx::query(lock).bind(table.as_str()).fetch_one(connection);
    match lock.await?.try_get::<Option<i64>, _>(0)? {
        Some(1) => Ok(()),
        _ => Err(sqlx::Error::Protocol(
            "another server has been migrating for a minute".to_owned(),
        )),
    }
}

/// How many migrations were run.
async fn version(
    connection: &mut MySqlConnection,
    table: &TableName,
) -> Result<usize, sqlx::Error> {
    let table = table.of_migrations();
    let exists = "SELECT COUNT(*) FROM information_schema.tables \
                  WHERE table_schema = DATABASE() AND table_name = ?";
    let exists = sqlx::query(exists).bind(&table).fetch_one(&mut *connection);
    if exists.await?.try_get::<i64, _>(0)? == 0 {
        return Ok(0);
    }
    let version = format!("SELECT COALESCE(MAX(version), 0) FROM `{table}`");
    let version = sqlx::query(&version).fetch_one(connection).await?;
    Ok(usize::try_from(version.try_get::<i64, _>(0)?).unwrap_or(0))
}

/// The kind of an error number.
fn kind(number: u16) -> StoreErrorKind {
    match number {
        // A time limit of the server: waiting for a lock, or running a statement (MariaDB, MySQL)
        1205 | 1969 | 3024 => StoreErrorKind::Timeout,
        // Disk or table space full
        1021 | 1114 => StoreErrorKind::Full,
        // Too many connections, not let in, shutting down, killed, read only, not in the cluster
        1040 | 1044 | 1045 | 1047 | 1053 | 1129 | 1130 | 1203 | 1226 | 1290 | 1317 | 1792
        | 1836 | 1927 | 3032 => StoreErrorKind::Unavailable,
        _ => StoreErrorKind::Other,
    }
}
