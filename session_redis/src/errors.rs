//! Errors of `redis` as store errors, without what must not be told.

use std::io;

use redis::{ErrorKind, RedisError, ServerErrorKind};
use session::store::{StoreError, StoreErrorKind};

/// What is known of a command that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Delivery {
    /// The server answered.
    Answered,
    /// The answer did not come. Whether the command did anything is unknown.
    Unknown,
}

pub(crate) fn delivery(error: &RedisError) -> Delivery {
    match error.kind() {
        ErrorKind::Io | ErrorKind::Parse | ErrorKind::ClusterConnectionNotFound => {
            Delivery::Unknown
        }
        _ => Delivery::Answered,
    }
}

/// What comes of a connection that is not made in time.
pub(crate) fn timed_out() -> RedisError {
    io::Error::from(io::ErrorKind::TimedOut).into()
}

/// The error with its kind.
pub(crate) fn store_error(error: RedisError) -> StoreError {
    StoreError::new(kind(&error), Failure::from(error))
}

fn kind(error: &RedisError) -> StoreErrorKind {
    use ServerErrorKind as S;
    if error.is_timeout() {
        return StoreErrorKind::Timeout;
    }
    match error.kind() {
        ErrorKind::Io
        | ErrorKind::Parse
        | ErrorKind::AuthenticationFailed
        | ErrorKind::ClusterConnectionNotFound
        | ErrorKind::MasterNameNotFoundBySentinel
        | ErrorKind::NoValidReplicasFoundBySentinel => StoreErrorKind::Unavailable,
        ErrorKind::Server(
            S::BusyLoading
            | S::ClusterDown
            | S::MasterDown
            | S::Moved
            | S::Ask
            | S::TryAgain
            | S::ReadOnly
            | S::NoPerm,
        ) => StoreErrorKind::Unavailable,
        _ => kind_of_code(
            error.code().unwrap_or_default(),
            error.detail().unwrap_or_default(),
        ),
    }
}

/// The kind of an error that `redis` does not know by itself.
fn kind_of_code(code: &str, detail: &str) -> StoreErrorKind {
    match code {
        // `maxmemory` is reached, and nothing may be evicted
        "OOM" => StoreErrorKind::Full,
        // A value that this library did not write
        "WRONGTYPE" => StoreErrorKind::InvalidRecord,
        // Not let in; the last copy cannot be saved; too few replicas; a script of somebody's that does not end
        "NOAUTH" | "WRONGPASS" | "DENIED" | "MISCONF" | "NOREPLICAS" | "BUSY" | "UNBLOCKED" => {
            StoreErrorKind::Unavailable
        }
        // So some versions say what a script met.
        "ERR" if detail.contains("-OOM ") || detail.contains("OOM command not allowed") => {
            StoreErrorKind::Full
        }
        "ERR" if detail.contains("max number of clients reached") => StoreErrorKind::Unavailable,
        _ => StoreErrorKind::Other,
    }
}

/// What may be told of an error: its category and its code. Details of the server's may quote a command, and so a
/// record; what happened to a connection quotes nothing.
#[derive(Debug, thiserror::Error)]
#[error("{what} (code: {code})")]
struct Failure {
    what: String,
    code: String,
}

impl From<RedisError> for Failure {
    fn from(error: RedisError) -> Self {
        let what = match error.kind() {
            ErrorKind::Io => error.to_string(),
            _ => error.category().to_owned(),
        };
        Self {
            what,
            code: error.code().unwrap_or("none").to_owned(),
        }
    }
}
