use std::fmt::Debug;

use session::store::{ReplaceOutcome, StoreErrorKind};
use sqlx::error::DatabaseError;
use sqlx::{Database, Pool};
use tokio::sync::Semaphore;

use crate::TableName;
use crate::codec::Value;
use crate::driver::Driver;
use crate::statements::Replacement;

/// What differs between the databases. Everything else is in [`crate::core`], once.
pub(crate) trait Dialect: Debug + Send + Sync + 'static {
    type Database: Driver;

    /// How many may write at once. The others queue, which is fair, while to wait for a lock is not.
    const WRITERS: usize = Semaphore::MAX_PERMITS;

    /// The function that returns the greatest of its arguments.
    const GREATEST: &'static str;

    /// What to append to an `INSERT` so that it inserts nothing if there is a record under that id;
    /// empty where the statement then ends in a unique violation.
    const UNLESS_THERE: &'static str;

    /// A name as an identifier.
    fn quote(name: &str) -> String;

    /// The `n`th parameter, from 1 on. Each occurs once in a statement, in this order wherever a
    /// database does not number them.
    fn parameter(n: usize) -> String;

    /// The condition that the column is not the parameter's value; holds if that is `NULL`.
    fn is_not(column: &str, parameter: String) -> String;

    fn replace_statement(parts: &Replacement) -> String;

    /// Its parameters are the time and the batch.
    fn delete_expired_statement(table: &str) -> String;

    fn rows_affected(outcome: &<Self::Database as Database>::QueryResult) -> u64;

    /// Runs the statement for a replacement; `load` is the statement that loads a record.
    fn replace(
        pool: &Pool<Self::Database>,
        statement: &str,
        values: &[Value<'_>],
        load: &str,
    ) -> impl Future<Output = Result<ReplaceOutcome, sqlx::Error>> + Send;

    /// Runs the migrations that the table still lacks, beside others that do the same.
    fn migrate(
        pool: &Pool<Self::Database>,
        table: &TableName,
    ) -> impl Future<Output = Result<(), sqlx::Error>> + Send;

    /// What to make of an error that the database reports.
    fn fault(error: &dyn DatabaseError) -> Fault;
}

/// What an error of a database means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The statement was rolled back because of others that ran at the same time: it is as if it had
    /// not run, and it may be run again.
    Transient,
    Lasting(StoreErrorKind),
}
