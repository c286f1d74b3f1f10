//! Errors of `sqlx` as store errors, without anything that must stay secret.

use std::error::Error;

use session::store::{StoreError, StoreErrorKind};
use sqlx::error::DatabaseError;

use crate::engine::{Engine, Fault};

pub(crate) fn fault<DB: Engine>(error: &sqlx::Error) -> Fault {
    use sqlx::Error as E;
    match error {
        E::Database(error) => DB::fault(&**error),
        E::Configuration(cause) if cause.is::<ReadOnly>() => Fault::Useless,
        E::Io(_) => Fault::Lost,
        E::Tls(_)
        | E::Protocol(_)
        | E::PoolTimedOut
        | E::PoolClosed
        | E::WorkerCrashed
        | E::BeginFailed => Fault::Lasting(StoreErrorKind::Unavailable),
        _ => Fault::Lasting(StoreErrorKind::Other),
    }
}

pub(crate) fn store_error<DB: Engine>(error: sqlx::Error) -> StoreError {
    let kind = match fault::<DB>(&error) {
        // It was run again often enough: too many others want the same, or the server is gone.
        Fault::Transient | Fault::Lost | Fault::Useless => StoreErrorKind::Unavailable,
        Fault::Lasting(kind) => kind,
    };
    let cause = match &error {
        sqlx::Error::Database(failure) => {
            Box::new(DatabaseFailure::new(&**failure, DB::advice(&**failure)))
        }
        _ => cause(error),
    };
    StoreError::new(kind, cause)
}

/// Nothing can be written in the database, as the start found out.
#[derive(Debug, thiserror::Error)]
#[error(
    "the database is read-only, as that of a replica is: connect to the primary server, or make \
     this one writable"
)]
pub(crate) struct ReadOnly;

/// The time limit of a pool is over. `sqlx` tries again until then if a server refuses a
/// connection, and does not keep the reason.
#[derive(Debug, thiserror::Error)]
#[error(
    "no connection within the time limit: none of this worker, or of the pool of the application, \
     became free, or the server does not run, or accepts no more connections"
)]
struct NoConnection;

/// Returns the cause of an error of `sqlx`, which would print it twice: in its own text and as its
/// source.
pub(crate) fn cause(error: sqlx::Error) -> Box<dyn Error + Send + Sync> {
    match error {
        sqlx::Error::Io(cause) => Box::new(cause),
        sqlx::Error::Tls(cause) | sqlx::Error::Configuration(cause) => cause,
        sqlx::Error::Database(error) => Box::new(DatabaseFailure::new(&*error, None)),
        sqlx::Error::PoolTimedOut => Box::new(NoConnection),
        error => Box::new(error),
    }
}

/// An error that the database reports, without its details: those of Postgres show the whole row,
/// and anything that formats the original error shows them.
#[derive(Debug, thiserror::Error)]
#[error("{message} (code: {code})")]
struct DatabaseFailure {
    code: String,
    message: String,
}

impl DatabaseFailure {
    fn new(error: &dyn DatabaseError, advice: Option<&'static str>) -> Self {
        let code = error.code().unwrap_or_default().into_owned();
        let message = match &*code {
            code if quotes_values(code) => "the database refuses a value",
            "26000" | "42P05" => LOST_STATEMENT,
            "08P01" if error.message().starts_with("bind message") => LOST_STATEMENT,
            _ => error.message(),
        };
        let advice = match is_without_table(&code, message) {
            true => Some("Call `migrate` when the server starts"),
            false => advice,
        };
        let message = match advice {
            Some(advice) => format!("{message}. {advice}"),
            None => message.to_owned(),
        };
        Self { code, message }
    }
}

/// Returns `true` if Postgres, MySQL or SQLite reports that a table is missing.
fn is_without_table(code: &str, message: &str) -> bool {
    matches!(code, "42P01" | "42S02") || message.starts_with("no such table")
}

/// The reason why Postgres does not know a prepared statement, or knows it already.
const LOST_STATEMENT: &str = "a prepared statement is on another connection, as with a pooler that \
     gives each transaction another one: add `statement-cache-capacity=0` to the URL, or \
     `statement_cache_capacity(0)` to the options of the pool";

/// Returns `true` if the message itself may quote values: that of invalid data, of a violated
/// constraint, of a trigger or of a procedure. The codes are `SQLSTATE`s; those of SQLite have
/// another form, and its messages quote no values.
fn quotes_values(code: &str) -> bool {
    const CLASSES: [&str; 4] = ["22", "23", "45", "P0"];
    code.len() == 5 && CLASSES.iter().any(|class| code.starts_with(class))
}
