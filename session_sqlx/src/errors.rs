//! Errors of `sqlx` as store errors, without what must not be told.

use session::store::{StoreError, StoreErrorKind};
use sqlx::error::DatabaseError;

use crate::dialect::{Dialect, Fault};

/// What an error means.
pub(crate) fn fault<D: Dialect>(error: &sqlx::Error) -> Fault {
    use sqlx::Error as E;
    match error {
        E::Database(error) => D::fault(&**error),
        E::Io(_)
        | E::Tls(_)
        | E::Protocol(_)
        | E::PoolTimedOut
        | E::PoolClosed
        | E::WorkerCrashed
        | E::BeginFailed => Fault::Lasting(StoreErrorKind::Unavailable),
        _ => Fault::Lasting(StoreErrorKind::Other),
    }
}

/// The error with its kind.
pub(crate) fn store_error<D: Dialect>(error: sqlx::Error) -> StoreError {
    let kind = match fault::<D>(&error) {
        // Tried again often enough: too many others want the same.
        Fault::Transient => StoreErrorKind::Unavailable,
        Fault::Lasting(kind) => kind,
    };
    match error {
        sqlx::Error::Database(error) => StoreError::new(kind, DatabaseFailure::from(&*error)),
        error => StoreError::new(kind, error),
    }
}

/// An error that the database reports, without details: those of Postgres show the whole row, and
/// whatever formats the original shows them.
#[derive(Debug, thiserror::Error)]
#[error("{message} (code: {code})")]
struct DatabaseFailure {
    code: String,
    message: String,
}

impl From<&dyn DatabaseError> for DatabaseFailure {
    fn from(error: &dyn DatabaseError) -> Self {
        let code = error.code().unwrap_or_default().into_owned();
        let message = match speaks_of_values(&code) {
            true => "the database refuses a value",
            false => error.message(),
        };
        Self {
            message: message.to_owned(),
            code,
        }
    }
}

/// Whether the message itself may quote values: invalid data, violated constraints, and what triggers
/// and procedures say. The codes are `SQLSTATE`s; SQLite's have another form and quote none.
fn speaks_of_values(code: &str) -> bool {
    const CLASSES: [&str; 4] = ["22", "23", "45", "P0"];
    code.len() == 5 && CLASSES.iter().any(|class| code.starts_with(class))
}
