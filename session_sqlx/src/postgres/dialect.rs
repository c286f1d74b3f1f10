use sqlx::postgres::PgQueryResult;
use sqlx::{Connection, Executor, Postgres, Row};

use crate::codec::Value;
use crate::connections::Connections;
use crate::dialect::{Dialect, Update, UpdateOutcome};
use crate::lease::Lease;
use crate::migration::missing_scripts;
use crate::table::TableName;

/// The SQL of Postgres.
#[derive(Debug)]
pub(crate) enum PostgresDialect {}

impl Dialect for PostgresDialect {
    type Database = Postgres;

    const GREATEST: &'static str = "GREATEST";
    const UNLESS_THERE: &'static str = " ON CONFLICT (id) DO NOTHING";
    const MIGRATIONS: &'static [&'static str] = &[include_str!("../../migrations/postgres.sql")];
    const COLUMN_NAMES: &'static str = "SELECT attname FROM pg_attribute \
         WHERE attrelid = to_regclass(quote_ident($1)) AND attnum > 0 AND NOT attisdropped";

    const READ_ONLY: &'static str =
        "SELECT COUNT(*) WHERE current_setting('transaction_read_only') = 'on'";

    fn quote(name: &str) -> String {
        format!("\"{name}\"")
    }

    fn parameter(n: usize) -> String {
        format!("${n}")
    }

    fn is_not(column: &str, parameter: String) -> String {
        format!("{column} IS DISTINCT FROM {parameter}")
    }

    /// Locks the row, which waits for any change of it, and only then compares it: as it is, not as
    /// it was when the statement began. The statement returns no row if there is no record.
    fn update_statement(parts: &Update) -> String {
        let Update {
            table,
            assignments,
            id,
            expected,
        } = parts;
        format!(
            "WITH stored AS (\
               SELECT id, {expected} AS expected FROM {table} WHERE id = {id} FOR NO KEY UPDATE\
             ), updated AS (\
               UPDATE {table} AS target SET {assignments} FROM stored \
               WHERE target.id = stored.id AND stored.expected RETURNING target.id\
             ) SELECT EXISTS (SELECT 1 FROM updated) FROM stored"
        )
    }

    /// Skips records that another sweeper deletes or a request touches at this moment.
    ///
    /// The ids are an array because the plan, which is made before the batch is known, then looks
    /// up each of them. With a join it would read the whole table.
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

    async fn update(
        connections: &Connections<Postgres>,
        statement: &str,
        values: &[Value<'_>],
        _load: &str,
    ) -> Result<UpdateOutcome, sqlx::Error> {
        let Some(row) = connections.fetch(statement, values).await? else {
            return Ok(UpdateOutcome::Gone);
        };
        match row.try_get(0)? {
            true => Ok(UpdateOutcome::Updated),
            false => Ok(UpdateOutcome::Unexpected),
        }
    }

    async fn run_missing_scripts(
        lease: &mut Lease<Postgres>,
        table: &TableName,
    ) -> Result<(), sqlx::Error> {
        let mut transaction = lease.connection().begin().await?;
        // Other servers wait here, and then find nothing to do.
        sqlx::query("SELECT pg_advisory_xact_lock($1)")
            .bind(lock_key(table))
            .persistent(false)
            .execute(&mut *transaction)
            .await?;
        for script in missing_scripts::<Self>(&mut transaction, table).await? {
            transaction.execute(script.as_str()).await?;
        }
        transaction.commit().await
    }
}

/// Returns the key of the lock for migrations of a table: an FNV-1a hash, so that the locks of two
/// programs are unlikely to have the same key.
fn lock_key(table: &TableName) -> i64 {
    let bytes = "session_sqlx.".bytes().chain(table.as_str().bytes());
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    hash.cast_signed()
}
