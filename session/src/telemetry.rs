//! The life of a session as `tracing` events, and as counters if the feature `metrics` is on: the
//! table in the documentation of the crate lists them.
//!
//! Sessions are named by their public id. No event carries a secret, a cookie or a state value.

use std::error::Error;
use std::time::Duration;

use crate::store::errors::StoreError;
use crate::store::record::{Revision, SessionRecord};
use crate::token::SessionId;

macro_rules! event {
    ($name:literal, $level:ident, $message:literal $(, $($fields:tt)+)?) => {{
        #[cfg(feature = "metrics")]
        metrics::counter!("session_events_total", "event" => $name).increment(1);
        tracing::event!(
            name: concat!("session.", $name),
            target: "session",
            tracing::Level::$level,
            $($($fields)+,)?
            $message
        )
    }};
}

fn created(id: SessionId) {
    event!("created", INFO, "session created", session.id = %id);
}

pub(crate) fn loaded(id: SessionId) {
    event!("loaded", TRACE, "session loaded", session.id = %id);
}

fn committed(id: SessionId, revision: i64) {
    event!(
        "committed",
        DEBUG,
        "session committed",
        session.id = %id,
        revision = revision
    );
}

/// Reports a record that was created or replaced.
pub(crate) fn written(record: &SessionRecord, renews: bool, logs_in: bool) {
    match (record.revision, renews) {
        (Revision::FIRST, _) => created(record.id),
        _ if logs_in => {}
        (_, true) => renewed(record.id),
        (revision, false) => committed(record.id, revision.as_i64()),
    }
    if logs_in {
        logged_in(record.id);
    }
}

pub(crate) fn extended(id: SessionId) {
    event!("extended", DEBUG, "session extended", session.id = %id);
}

pub(crate) fn conflict(id: SessionId, attempt: u32) {
    event!(
        "conflict",
        DEBUG,
        "session changed by another request, trying again",
        session.id = %id,
        attempt = attempt
    );
}

fn renewed(id: SessionId) {
    event!("renewed", INFO, "session renewed", session.id = %id);
}

fn logged_in(id: SessionId) {
    event!("logged_in", INFO, "session logged in", session.id = %id);
}

pub(crate) fn logged_out(id: SessionId) {
    event!("logged_out", INFO, "session logged out", session.id = %id);
}

pub(crate) fn invalidated(id: SessionId) {
    event!("invalidated", INFO, "session invalidated", session.id = %id);
}

pub(crate) fn stamp_mismatch(id: SessionId) {
    event!(
        "stamp_mismatch",
        WARN,
        "session ended: its log-in does not have the stamp of the present credentials",
        session.id = %id
    );
}

pub(crate) fn revoked(id: SessionId) {
    event!("revoked", WARN, "session revoked", session.id = %id);
}

pub(crate) fn revoked_many(sessions: u64) {
    if sessions > 0 {
        event!(
            "revoked_many",
            WARN,
            "sessions revoked",
            sessions = sessions
        );
    }
}

pub(crate) fn expired(id: SessionId) {
    event!("expired", DEBUG, "session expired", session.id = %id);
}

pub(crate) fn cut_off(id: SessionId) {
    event!(
        "cut_off",
        INFO,
        "session ended: it began before `session.state.valid_from`",
        session.id = %id
    );
}

pub(crate) fn unknown(id: SessionId) {
    event!(
        "unknown",
        INFO,
        "session unknown: it has ended, or its record was lost",
        session.id = %id
    );
}

pub(crate) fn superseded(id: SessionId) {
    event!(
        "superseded",
        DEBUG,
        "session token was replaced while the request was under way",
        session.id = %id
    );
}

pub(crate) fn token_reuse(id: SessionId) {
    event!(
        "token_reuse",
        WARN,
        "session token reuse: it was replaced before",
        session.id = %id
    );
}

pub(crate) fn discarded(id: SessionId) {
    event!(
        "discarded",
        WARN,
        "session ended while the request was under way: its changes are discarded",
        session.id = %id
    );
}

pub(crate) fn duplicate_id(id: SessionId) {
    event!(
        "duplicate_id",
        ERROR,
        "session id exists already: a random number generator repeats itself",
        session.id = %id
    );
}

pub(crate) fn unreadable_record(id: SessionId, error: &(dyn Error + 'static)) {
    event!(
        "unreadable_record",
        ERROR,
        "session record cannot be read",
        session.id = %id,
        error = error
    );
}

/// Reports the session cookies of a request that were ignored, and the reason for the last one.
pub(crate) fn bad_cookies(ignored: usize, reason: &dyn std::fmt::Display) {
    event!(
        "bad_cookie",
        WARN,
        "session cookies ignored",
        ignored = ignored,
        reason = %reason
    );
}

pub(crate) fn insecure_cookie() {
    event!(
        "insecure_cookie",
        WARN,
        "session cookie is sent over plain HTTP: set `session.cookie.secure` to true, or use the \
         preset `localhost`"
    );
}

pub(crate) fn several_cookies() {
    event!(
        "several_cookies",
        WARN,
        "several session cookies: the most recently issued one that is not dead counts"
    );
}

pub(crate) fn cross_origin(reason: &str) {
    event!(
        "cross_origin",
        WARN,
        "cross-origin request refused",
        reason = reason
    );
}

pub(crate) fn not_extended(error: &(dyn Error + 'static)) {
    event!(
        "not_extended",
        WARN,
        "session deadline not extended: the response is sent nevertheless",
        error = error
    );
}

pub(crate) fn store_error(operation: &'static str, error: &StoreError, elapsed: Duration) {
    event!(
        "store_error",
        ERROR,
        "session store failed",
        operation = operation,
        kind = ?error.kind(),
        elapsed_ms = elapsed.as_secs_f64() * 1_000.0,
        error = error.source()
    );
}

/// Records the time that an operation had to wait.
pub(crate) fn store_operation(_operation: &'static str, _elapsed: Duration) {
    #[cfg(feature = "metrics")]
    metrics::histogram!("session_store_seconds", "operation" => _operation).record(_elapsed);
}

pub(crate) fn swept(deleted: u64) {
    event!(
        "swept",
        DEBUG,
        "expired sessions deleted",
        deleted = deleted
    );
}

pub(crate) fn sweep_failed(error: &(dyn Error + 'static)) {
    event!(
        "sweep_failed",
        WARN,
        "expired sessions not deleted: trying again later",
        error = error
    );
}

pub(crate) fn dropped_uncommitted() {
    event!(
        "dropped_uncommitted",
        ERROR,
        "session dropped with uncommitted changes: either the client hung up, or the middleware \
         `session::FINALIZE_SESSION` is not registered for this route"
    );
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_documentation_lists_every_event_with_its_level_and_fields() {
        let source = include_str!("telemetry.rs");
        let (source, _tests) = source.split_once("#[cfg(test)]").unwrap();
        let calls: Vec<_> = source.split("event!(").skip(2).collect();
        assert!(calls.len() > 20, "{calls:?}");
        for call in calls {
            let (call, _) = call.split_once(';').unwrap();
            let name = call.split('"').nth(1).unwrap();
            let level = call.split(',').nth(1).unwrap().trim().to_lowercase();
            let row = format!("//! | `session.{name}` | {level} | ");
            let mut rows = include_str!("lib.rs").lines();
            let row = rows.find_map(|line| line.strip_prefix(&row)).expect(&row);
            assert_eq!(documented_fields(row), fields(call), "{name}");
        }
    }

    /// Returns the names of the fields in the arguments of an event.
    fn fields(call: &str) -> Vec<&str> {
        let arguments = call.split(',').skip(2);
        let named = arguments.filter_map(|argument| argument.split_once(" = "));
        named.map(|(name, _)| name.trim()).collect()
    }

    /// Returns the names in the last cell of a row.
    fn documented_fields(row: &str) -> Vec<&str> {
        let cell = row.rsplit('|').nth(1).unwrap();
        cell.split('`').skip(1).step_by(2).collect()
    }
}
