use sqlx::mysql::{MySqlConnection, MySqlQueryResult};
use sqlx::{Executor, MySql, Row};

use crate::dialect::Dialect;
use crate::lease::Lease;
use crate::migration::missing_scripts;
use crate::table::TableName;

/// The SQL of MySQL and MariaDB.
#[derive(Debug)]
pub(crate) enum MySqlDialect {}

impl Dialect for MySqlDialect {
    type Database = MySql;

    const GREATEST: &'static str = "GREATEST";
    // `INSERT IGNORE` would hide other errors, too, and the number of rows that `ON DUPLICATE KEY
    // UPDATE` reports depends on a flag of the connection.
    const UNLESS_THERE: &'static str = "";
    const MIGRATIONS: &'static [&'static str] = &[include_str!("../../migrations/mysql.sql")];
    const COLUMN_NAMES: &'static str = "SELECT column_name FROM information_schema.columns \
         WHERE table_schema = DATABASE() AND table_name = ?";

    // MariaDB has texts in place of the number from 12 on.
    const READ_ONLY: &'static str = "SELECT COUNT(*) FROM DUAL \
         WHERE CONCAT(@@global.read_only) NOT IN ('0', 'OFF') \
            OR CONCAT(@@global.innodb_read_only) NOT IN ('0', 'OFF')";

    // Only MariaDB reads the comment. A system without Galera lacks the variables.
    const READS_STALE_ROWS: Option<&'static str> = Some(
        "SELECT COUNT(*) FROM DUAL WHERE 1 = 0 /*M! OR 2 = (\
           SELECT COUNT(*) FROM information_schema.session_variables \
           WHERE variable_name = 'WSREP_ON' AND variable_value = 'ON' \
              OR variable_name = 'WSREP_SYNC_WAIT' AND variable_value & 7 <> 7) */",
    );

    fn quote(name: &str) -> String {
        format!("`{name}`")
    }

    fn parameter(_n: usize) -> String {
        "?".to_owned()
    }

    fn is_not(column: &str, parameter: String) -> String {
        format!("NOT ({column} <=> {parameter})")
    }

    /// MySQL 9 would read all ids after those of the page before, and sort. Servers without this
    /// hint skip it.
    fn hint_for_a_list(table: &str) -> String {
        let index = Self::quote(&format!("{}_principal", table.trim_matches('`')));
        format!("/*+ INDEX({table} {index}) */ ")
    }

    /// Skips records that another sweeper deletes or a request touches at this moment.
    ///
    /// A connection with `sql_safe_updates` refuses the join, because nothing restricts the list of
    /// expired ids. So the statement turns the mode off for itself. Each server reads one of the
    /// two comments: the first is for MariaDB, the second for MySQL.
    fn delete_expired_statement(table: &str) -> String {
        format!(
            "/*M! SET STATEMENT sql_safe_updates = 0 FOR */ \
             DELETE /*+ SET_VAR(sql_safe_updates = 0) */ target FROM (\
               SELECT id FROM {table} WHERE expires_at <= ? \
               ORDER BY expires_at LIMIT ? FOR UPDATE SKIP LOCKED\
             ) AS expired STRAIGHT_JOIN {table} AS target ON target.id = expired.id"
        )
    }

    /// `sqlx` has the server count the rows that an `UPDATE` found, not only those that it changed.
    fn rows_affected(outcome: &MySqlQueryResult) -> u64 {
        outcome.rows_affected()
    }

    async fn run_missing_scripts(
        lease: &mut Lease<MySql>,
        table: &TableName,
    ) -> Result<(), sqlx::Error> {
        // The end of the connection releases the lock.
        lease.spend();
        let connection = lease.connection();
        connection.execute("SET autocommit = 1").await?;
        lock(connection).await?;
        for script in missing_scripts::<Self>(connection, table).await? {
            connection.execute(script.as_str()).await?;
        }
        Ok(())
    }
}

/// Takes the lock of the database for migrations. Other servers wait for it here, and then find
/// nothing to do.
async fn lock(connection: &mut MySqlConnection) -> Result<(), sqlx::Error> {
    // Names of locks belong to the server, not to the database, and have at most 64 characters. If
    // two databases share a lock, one waits for the other.
    let lock = "SELECT GET_LOCK(CONCAT('session_sqlx.', COALESCE(LEFT(DATABASE(), 48), '')), 60)";
    let lock = sqlx::query(lock).fetch_one(connection);
    match lock.await?.try_get::<Option<i64>, _>(0)? {
        Some(1) => Ok(()),
        _ => Err(sqlx::Error::Protocol(
            "another server has been migrating for a minute".to_owned(),
        )),
    }
}
