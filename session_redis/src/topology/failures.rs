//! Errors of the crate `redis`: what they mean for the next attempt.

use std::io;

use redis::{ErrorKind, RedisError, RedisResult, ServerErrorKind, Value};

use crate::error_code::code_of;

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
    let is_broken = matches!(
        error.kind(),
        ErrorKind::Io | ErrorKind::Parse | ErrorKind::ClusterConnectionNotFound
    );
    is_broken || error.is_unrecoverable_error() || code_of(error) == Some("READONLY")
}

/// Returns `true` if the command certainly did nothing, so that it may be sent again.
///
/// A script that ends with one of these errors has not written before.
pub(super) fn had_no_effect(error: &RedisError) -> bool {
    let has_refused = matches!(
        code_of(error),
        Some("MOVED" | "ASK" | "TRYAGAIN" | "CLUSTERDOWN" | "MASTERDOWN" | "LOADING" | "READONLY")
    );
    has_refused || error.is_connection_refusal()
}

/// Returns `true` if the server does not have the script that was called.
pub(super) fn is_missing_script(error: &RedisError) -> bool {
    error.kind() == ErrorKind::Server(ServerErrorKind::NoScript)
}

/// Returns `true` if the slots of a cluster may be elsewhere than known.
///
/// A slot on its way to another node still belongs to the old one. Any other error, such as that of
/// a full memory, comes from the right node, and would come again from each other one.
pub(super) fn may_have_moved(error: &RedisError) -> bool {
    let is_elsewhere = matches!(
        code_of(error),
        Some("MOVED" | "CLUSTERDOWN" | "MASTERDOWN" | "LOADING")
    );
    is_elsewhere || is_end_of_connection(error)
}

/// Returns `true` if a node of a cluster is cut off from too many others, as far as it knows.
pub(super) fn is_cut_off(error: &RedisError) -> bool {
    matches!(code_of(error), Some("CLUSTERDOWN" | "MASTERDOWN"))
}

/// Returns the answer of a command that reads. A key of another type is answered like a missing
/// one.
pub(super) fn unless_of_another_type(answer: RedisResult<Value>) -> RedisResult<Value> {
    match answer {
        Err(error) if error.code() == Some("WRONGTYPE") => Ok(Value::Nil),
        answer => answer,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error_code::{reported, reported_in_script};

    #[test]
    fn a_server_that_became_a_replica_has_done_nothing_and_is_given_up() {
        let text = "READONLY You can't write against a read only replica.";
        let in_script = reported_in_script(&format!("@user_script: 4: -{text}"));
        for error in [reported(text), in_script] {
            assert!(is_end_of_connection(&error), "{error}");
            assert!(had_no_effect(&error), "{error}");
        }
    }

    #[test]
    fn only_an_error_of_another_place_or_of_the_connection_means_that_slots_have_moved() {
        for text in ["MOVED 1 a:1", "CLUSTERDOWN …", "LOADING …", "READONLY …"] {
            assert!(may_have_moved(&reported(text)), "{text}");
        }
        assert!(may_have_moved(&timed_out()));
        for text in [
            "ASK 1 a:1",
            "OOM …",
            "NOREPLICAS …",
            "MISCONF …",
            "NOPERM …",
            "ERR …",
        ] {
            assert!(!may_have_moved(&reported(text)), "{text}");
        }
    }

    #[test]
    fn another_error_in_a_script_leaves_the_connection_and_may_have_had_an_effect() {
        for text in ["@user_script: 4: -OOM command not allowed …", "WRONGTYPE …"] {
            let error = reported_in_script(text);
            assert!(!is_end_of_connection(&error), "{error}");
            assert!(!had_no_effect(&error), "{error}");
        }
    }
}
