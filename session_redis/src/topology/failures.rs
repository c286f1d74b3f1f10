//! Errors of the crate `redis`: what they mean for the next attempt.

use std::io;

use redis::{ErrorKind, RedisError, RedisResult, ServerErrorKind, Value};

/// The error of an answer, or of a use of this crate, that does not occur.
pub(super) fn unexpected(what: &'static str) -> RedisError {
    (ErrorKind::UnexpectedReturnType, what).into()
}

/// The error of a connection that is not made in time.
pub(super) fn timed_out() -> RedisError {
    io::Error::from(io::ErrorKind::TimedOut).into()
}

/// The error of a cluster in which no master has a slot, as the servers report it.
pub(super) fn no_master(what: &'static str) -> RedisError {
    (ErrorKind::ClusterConnectionNotFound, what).into()
}

/// Returns `true` if a new connection may do better: this one is broken or silent, or leads to a
/// server that is not the master any more.
pub(super) fn is_end_of_connection(error: &RedisError) -> bool {
    matches!(
        error.kind(),
        ErrorKind::Io
            | ErrorKind::Parse
            | ErrorKind::ClusterConnectionNotFound
            | ErrorKind::Server(ServerErrorKind::ReadOnly)
    ) || error.is_unrecoverable_error()
}

/// Returns `true` if the command certainly did nothing, so that it may be sent again.
pub(super) fn had_no_effect(error: &RedisError) -> bool {
    use ServerErrorKind as S;
    matches!(
        error.kind(),
        ErrorKind::Server(
            S::Moved
                | S::Ask
                | S::TryAgain
                | S::ClusterDown
                | S::MasterDown
                | S::BusyLoading
                | S::ReadOnly
        )
    ) || error.is_connection_refusal()
}

/// Returns `true` if the server does not have the script that was called.
pub(super) fn is_missing_script(error: &RedisError) -> bool {
    error.kind() == ErrorKind::Server(ServerErrorKind::NoScript)
}

/// Returns `true` if the slots of a cluster may be elsewhere than known. A slot on its way to
/// another node still belongs to the old one.
pub(super) fn may_have_moved(error: &RedisError) -> bool {
    error.kind() != ErrorKind::Server(ServerErrorKind::Ask)
}

/// Returns the answer of a command that reads. A key of another type is answered like a missing
/// one.
pub(super) fn unless_of_another_type(answer: RedisResult<Value>) -> RedisResult<Value> {
    match answer {
        Err(error) if error.code() == Some("WRONGTYPE") => Ok(Value::Nil),
        answer => answer,
    }
}
