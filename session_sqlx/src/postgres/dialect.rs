use session::store::{ReplaceOutcome, StoreErrorKind};
use sqlx::error::DatabaseError;
use sqlx::postgres::{PgConnection, PgQueryResult};
use sqlx::{Connection, Executor, PgPool, Postgres, Row};

use crate::TableName;
use crate::codec::Value;
use crate::dialect::{Dialect, Fault};
use crate::driver::Driver;
use crate::statements::Replacement;

/// The SQL of Postgres.
#[derive(Debug)]
pub(crate) enum PostgresDialect {}

const MIGRATIONS: [&str; 1] = [include_str!("../../migrations/postgres.sql")];

impl Dialect for PostgresDialect {
    type Database = Postgres;

    const GREATEST: &'static str = "GREATEST";
    const UNLESS_THERE: &'static str = " ON CONFLICT (id) DO NOTHING";

    fn quote(name: &str) -> String {
        format!("\"{name}\"")
    }

    fn parameter(n: usize) -> String {
        format!("${n}")
    }

    fn is_not(column: &str, parameter: String) -> String {
        format!("{column} IS DISTINCT FROM {parameter}")
    }

    /// Locks the row, which waits for whoever is changing it, and only then judges it: as it is, not as
    /// it was when the statement began. No row is returned if there is no record.
    fn replace_statement(parts: &Replacement) -> String {
        let Replacement {
            table,
            assignments,
            id,
            expected,
        } = parts;
        format!(
            "WITH stored AS (\
               SELECT id, {expected} AS expected FROM {table} WHERE id = {id} FOR NO KEY UPDATE\
             ), replaced AS (\
               UPDATE {table} AS target SET {assignments} FROM stored \
               WHERE target.id = stored.id AND stored.expected RETURNING target.id\
             ) SELECT EXISTS (SELECT 1 FROM replaced) FROM stored"
        )
    }

    /// Records that another sweeper deletes or a request touches at this moment are skipped.
    ///
    /// An array, because a plan that is made before the batch is known then looks up each id. With a join
    /// it would read the whole table.
    fn delete_expired_statement(table: &str) -> String {
        format!(
            "DELETE FROM {table} WHERE id = ANY (ARRAY (\
               SELECT id FROM {table} WHERE expires_at <= $1 \
               ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED\
             ))"
        )
    }

    fn rows_affected(outcome: &PgQueryResult) -> u64 {
        outcome.rows_affected()
    }

    async fn replace(
        pool: &PgPool,
        statement: &str,
        values: &[Value<'_>],
        _load: &str,
    ) -> Result<ReplaceOutcome, sqlx::Error> {
        let Some(row) = Postgres::fetch(pool, statement, values).await? else {
            return Ok(ReplaceOutcome::Gone);
        };
        match row.try_get(0)? {
            true => Ok(ReplaceOutcome::Replaced),
            false => Ok(ReplaceOutcome::Conflict),
        }
    }

    async fn migrate(pool: &PgPool, table: &TableName) -> Result<(), sqlx::Error> {
        let mut connection = pool.acquire().await?;
        if version(&mut connection, table).await? >= MIGRATIONS.len() {
            return Ok(());
        }
        let mut transaction = connection.begin().await?;
        // Others that migrate wait here; afterwards there is nothing left for them to do.
        sqlx::query("SELECT pg_advisory_xact_lock(hashtext('session_sqlx'), hashtext($1))")
            .bind(table.as_str())
            .execute(&mut *transaction)
            .await?;
        let version = version(&mut transaction, table).await?;
        for script in MIGRATIONS.iter().skip(version) {
            let script = table.rename(script);
            transaction.execute(script.as_str()).await?;
        }
        transaction.commit().await
    }

    fn fault(error: &dyn DatabaseError) -> Fault {
        let code = error.code().unwrap_or_default();
        match &*code {
            // Serialisation failure, deadlock
            "40001" | "40P01" => Fault::Transient,
            code => Fault::Lasting(kind(code)),
        }
    }
}

/// How many migrations were run.
async fn version(connection: &mut PgConnection, table: &TableName) -> Result<usize, sqlx::Error> {
    let table = PostgresDialect::quote(&table.of_migrations());
    let exists = "SELECT to_regclass($1) IS NOT NULL";
    let exists = sqlx::query(exists).bind(&table).fetch_one(&mut *connection);
    if !exists.await?.try_get::<bool, _>(0)? {
        return Ok(0);
    }
    let version = format!("SELECT COALESCE(MAX(version), 0::SMALLINT) FROM {table}");
    let version = sqlx::query(&version).fetch_one(connection).await?;
    Ok(usize::try_from(version.try_get::<i16, _>(0)?).unwrap_or(0))
}

/// The kind of an `SQLSTATE`.
fn kind(code: &str) -> StoreErrorKind {
    match code {
        // A time limit of the server: `statement_timeout`, `lock_timeout`
        "57014" | "55P03" => StoreErrorKind::Timeout,
        // Disk full
        "53100" => StoreErrorKind::Full,
        // Read only: a standby, or a server that is being replaced
        "25006" => StoreErrorKind::Unavailable,
        // Connection lost or refused, no resources, shutting down, not let in
        _ if ["08", "28", "53", "57", "58"]
            .iter()
            .any(|class| code.starts_with(class)) =>
        {
            StoreErrorKind::Unavailable
        }
        _ => StoreErrorKind::Other,
    }
}
