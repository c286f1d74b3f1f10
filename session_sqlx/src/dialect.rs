use std::fmt::Debug;

use sqlx::Database;
use tokio::sync::Semaphore;

use crate::engine::Engine;
use crate::lease::Lease;
use crate::opener;
use crate::table::TableName;

/// The differences between the databases. Everything else is in [`crate::sql_store`], once.
pub(crate) trait Dialect: Debug + Send + Sync + 'static {
    type Database: Engine;

    /// The number of operations that may write at once. The others queue: a queue is fair, and
    /// waiting for a lock is not.
    const WRITERS: usize = Semaphore::MAX_PERMITS;

    /// The function that returns the greatest of its arguments.
    const GREATEST: &'static str;

    /// The end of an `INSERT` that inserts nothing if there is a record with the same id; empty
    /// where the statement ends in a unique violation instead.
    const UNLESS_THERE: &'static str;

    /// The scripts that make the table, in their order. Each may be run again.
    const MIGRATIONS: &'static [&'static str];

    /// The query for the names of the columns of the table that its parameter names; it returns no
    /// rows if there is no such table.
    const COLUMN_NAMES: &'static str;

    /// The query for a number above 0 if the server, or the connection, is read-only.
    const READ_ONLY: &'static str;

    /// The query for a number above 0 if the server may read rows that another server of its
    /// cluster has changed.
    const READS_STALE_ROWS: Option<&'static str> = None;

    /// Returns a name as an identifier.
    fn quote(name: &str) -> String;

    /// Returns the `n`th parameter, from 1 on. Each occurs once in a statement, in this order
    /// wherever a database does not number them.
    fn parameter(n: usize) -> String;

    /// Returns the condition that the column differs from the parameter. It holds if the parameter
    /// is `NULL`.
    fn is_not(column: &str, parameter: String) -> String;

    /// Returns a hint for the list of the sessions of a principal: the index by principal has their
    /// order.
    fn hint_for_a_list(_table: &str) -> String {
        String::new()
    }

    /// Returns the statement whose parameters are the time and the size of the batch.
    fn delete_expired_statement(table: &str) -> String;

    fn rows_affected(outcome: &<Self::Database as Database>::QueryResult) -> u64;

    /// Runs the scripts that the table lacks. Several servers may do so at once.
    fn run_missing_scripts(
        lease: &mut Lease<Self::Database>,
        table: &TableName,
    ) -> impl Future<Output = Result<(), sqlx::Error>> + Send;

    /// Runs after each migration that succeeded.
    fn after_migration(_options: &Options<Self>) {}

    /// Runs after all connections were closed.
    #[cfg(feature = "sqlite")]
    fn after_close(_options: &Options<Self>) -> impl Future<Output = ()> + Send {
        async {}
    }
}

/// The options for connections to a database.
pub(crate) type Options<D> = opener::Options<<D as Dialect>::Database>;
