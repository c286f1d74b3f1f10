//! Errors of the crate `redis` as store errors, without what must not be shown.

use redis::{ErrorKind, RedisError, ServerErrorKind};
use session::store::{StoreError, StoreErrorKind};

/// Converts an error to a store error of the fitting kind.
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

/// The kind of an error that the crate `redis` has no name for.
fn kind_of_code(code: &str, detail: &str) -> StoreErrorKind {
    match code {
        // `maxmemory` is reached, and nothing may be evicted.
        "OOM" => StoreErrorKind::Full,
        // This library did not write the value.
        "WRONGTYPE" => StoreErrorKind::InvalidRecord,
        // No access; no snapshot could be saved; too few replicas; a script that does not end.
        "NOAUTH" | "WRONGPASS" | "DENIED" | "MISCONF" | "NOREPLICAS" | "BUSY" | "UNBLOCKED" => {
            StoreErrorKind::Unavailable
        }
        // Some versions report in this way the error that a script met.
        "ERR" if detail.contains("-OOM ") || detail.contains("OOM command not allowed") => {
            StoreErrorKind::Full
        }
        "ERR" if detail.contains("max number of clients reached") => StoreErrorKind::Unavailable,
        _ => StoreErrorKind::Other,
    }
}

const NO_PERMISSION: &str = "the user lacks the right to a command or a key: see \"Rights\" in the \
                             documentation of `session_redis`";

/// The part of an error that may be shown: its category and its code.
///
/// Details from the server may quote a command, and so a record. What happened to a connection
/// quotes nothing.
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
            ErrorKind::Server(ServerErrorKind::NoPerm) => NO_PERMISSION.to_owned(),
            _ => error.category().to_owned(),
        };
        Self {
            what,
            code: error.code().unwrap_or("none").to_owned(),
        }
    }
}
