use std::error::Error;

/// The reason for a failure, for the log and never for a page.
pub(crate) type Cause = Box<dyn Error + Send + Sync>;

/// Returns the error inside a [`sqlx::Error`], whose text would otherwise appear twice in a log.
pub(super) fn without_repetition(error: sqlx::Error) -> Cause {
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
