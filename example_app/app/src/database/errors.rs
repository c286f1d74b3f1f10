use std::error::Error;

use super::DatabaseUrl;

/// The database cannot be opened. The text has no password.
#[derive(Debug, thiserror::Error)]
#[error("the database {url} cannot be opened")]
pub struct DatabaseError {
    pub(super) url: DatabaseUrl,
    #[source]
    pub(super) cause: Cause,
}

/// What somebody who reads the log can act on, and nobody else can.
pub(crate) type Cause = Box<dyn Error + Send + Sync>;

/// What `sqlx` says, once: most of its errors have their cause both as source and in their text.
pub(crate) fn without_repetition(error: sqlx::Error) -> Cause {
    use sqlx::Error as E;
    match error {
        E::Io(cause) => Box::new(cause),
        E::Database(cause) => cause.into_error(),
        E::Configuration(cause) | E::Tls(cause) => match cause.downcast() {
            Ok(error) => without_repetition(*error),
            Err(cause) => cause,
        },
        error => Box::new(error),
    }
}
