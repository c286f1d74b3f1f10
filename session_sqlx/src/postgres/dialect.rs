use sqlx::postgres::PgQueryResult;
use sqlx::{Connection, Executor, Postgres};

use crate::dialect::Dialect;
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
