//! Errors of the crate `redis` as store errors, without what must not be shown.

use std::error::Error;

use redis::{ErrorKind, RedisError};
use session::store::{StoreError, StoreErrorKind};

use crate::error_code::code_of;

/// Converts an error to a store error of the fitting kind.
pub(crate) fn store_error(error: RedisError) -> StoreError {
    StoreError::new(kind(&error), Failure::from(error))
}

fn kind(error: &RedisError) -> StoreErrorKind {
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
        _ => kind_of_code(
            code_of(error).unwrap_or_default(),
            error.detail().unwrap_or_default(),
        ),
    }
}

fn kind_of_code(code: &str, detail: &str) -> StoreErrorKind {
    match code {
        // `maxmemory` is reached, and nothing may be evicted.
        "OOM" => StoreErrorKind::Full,
        // This library did not write the value.
        "WRONGTYPE" => StoreErrorKind::InvalidRecord,
        "LOADING" | "READONLY" | "MASTERDOWN" => StoreErrorKind::Unavailable,
        "CLUSTERDOWN" | "MOVED" | "ASK" | "TRYAGAIN" => StoreErrorKind::Unavailable,
        "NOAUTH" | "WRONGPASS" | "DENIED" | "NOPERM" => StoreErrorKind::Unavailable,
        // No snapshot could be saved; too few replicas; a script that does not end.
        "MISCONF" | "NOREPLICAS" | "BUSY" | "UNBLOCKED" => StoreErrorKind::Unavailable,
        "ERR" if detail.contains("max number of clients reached") => StoreErrorKind::Unavailable,
        _ => StoreErrorKind::Other,
    }
}

const NO_PERMISSION: &str = "the user lacks the right to a command or a key: see \"Rights\" in the \
                             documentation of `session_redis`";

/// Returns `true` if the server does not permit the command to this user, or to anybody.
pub(crate) fn forbids_command(error: &StoreError) -> bool {
    let failure = error
        .source()
        .and_then(|cause| cause.downcast_ref::<Failure>());
    failure.is_some_and(|failure| failure.is_forbidden)
}

fn is_forbidden(code: &str, detail: &str) -> bool {
    code == "NOPERM" || (code == "ERR" && detail.starts_with("unknown command"))
}

/// The part of an error that may be shown: its category and its code.
///
/// Details from the server may quote a command, and so a record. What happened to a connection
/// quotes nothing.
#[derive(Debug, thiserror::Error)]
#[error("{what} (code: {code})")]
struct Failure {
    what: String,
    code: String,
    /// True if the server does not permit the command, or has another name for it.
    is_forbidden: bool,
}

impl From<RedisError> for Failure {
    fn from(error: RedisError) -> Self {
        let code = code_of(&error).unwrap_or("none");
        let what = match error.kind() {
            ErrorKind::Io => error.to_string(),
            _ if code == "NOPERM" => NO_PERMISSION.to_owned(),
            _ => error.category().to_owned(),
        };
        Self {
            what,
            code: code.to_owned(),
            is_forbidden: is_forbidden(code, error.detail().unwrap_or_default()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error_code::{reported, reported_in_script};

    #[test]
    fn an_error_in_a_script_has_the_kind_of_its_command() {
        for (text, kind) in [
            ("READONLY You can't write …", StoreErrorKind::Unavailable),
            ("OOM command not allowed …", StoreErrorKind::Full),
            ("WRONGTYPE Operation …", StoreErrorKind::InvalidRecord),
            ("MISCONF Redis is …", StoreErrorKind::Unavailable),
            ("CLUSTERDOWN Hash slot …", StoreErrorKind::Unavailable),
            ("NOPERM No permissions …", StoreErrorKind::Unavailable),
            ("ERR value is not an integer", StoreErrorKind::Other),
        ] {
            let in_script = reported_in_script(&format!("@user_script: 4: -{text}"));
            for error in [reported(text), in_script] {
                assert_eq!(store_error(error).kind(), kind, "{text}");
            }
        }
    }
}
