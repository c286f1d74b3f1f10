//! The life of a session as `tracing` events, all of the target `session`.
//!
//! Sessions are named by their public id. No event carries a secret, a cookie or a state value.

use std::error::Error;

use crate::store::StoreError;
use crate::token::SessionId;

macro_rules! event {
    ($level:ident, $id:expr, $message:literal $(, $name:ident = $value:expr)*) => {
        tracing::event!(
            target: "session",
            tracing::Level::$level,
            session.id = %$id,
            $($name = $value,)*
            $message
        )
    };
}

pub(crate) fn created(id: SessionId) {
    event!(INFO, id, "session created");
}

pub(crate) fn loaded(id: SessionId) {
    event!(TRACE, id, "session loaded");
}

pub(crate) fn committed(id: SessionId, revision: i64) {
    event!(DEBUG, id, "session committed", revision = revision);
}

pub(crate) fn extended(id: SessionId) {
    event!(DEBUG, id, "session extended");
}

pub(crate) fn conflict(id: SessionId, attempt: u32) {
    event!(
        DEBUG,
        id,
        "session changed by another request, trying again",
        attempt = attempt
    );
}

pub(crate) fn renewed(id: SessionId) {
    event!(INFO, id, "session renewed");
}

pub(crate) fn invalidated(id: SessionId) {
    event!(INFO, id, "session invalidated");
}

pub(crate) fn revoked(id: SessionId) {
    event!(WARN, id, "session revoked");
}

pub(crate) fn expired(id: SessionId) {
    event!(DEBUG, id, "session expired");
}

pub(crate) fn unknown(id: SessionId) {
    event!(
        INFO,
        id,
        "session unknown: it has ended, or its record was lost"
    );
}

pub(crate) fn superseded(id: SessionId) {
    event!(
        DEBUG,
        id,
        "session token was replaced while the request was under way"
    );
}

pub(crate) fn token_reuse(id: SessionId) {
    event!(WARN, id, "session token reuse: it was replaced before");
}

pub(crate) fn discarded(id: SessionId) {
    event!(
        WARN,
        id,
        "session ended while the request was under way: its changes are discarded"
    );
}

pub(crate) fn duplicate_id(id: SessionId) {
    event!(
        ERROR,
        id,
        "session id exists already: a random number generator repeats itself"
    );
}

pub(crate) fn unreadable_record(id: SessionId, error: &(dyn Error + 'static)) {
    event!(
        ERROR,
        id,
        "session record cannot be read: the request is anonymous",
        error = error
    );
}

pub(crate) fn bad_cookie(reason: &str) {
    tracing::warn!(target: "session", reason, "session cookie ignored");
}

pub(crate) fn several_cookies() {
    tracing::warn!(target: "session", "several session cookies: the most recently issued one counts");
}

pub(crate) fn not_extended(error: &(dyn Error + 'static)) {
    tracing::warn!(target: "session", error, "session deadline not extended: the response is sent nevertheless");
}

pub(crate) fn store_error(operation: &'static str, error: &StoreError) {
    let source = error.source();
    tracing::error!(target: "session", operation, kind = ?error.kind(), error = source, "session store failed");
}

pub(crate) fn swept(deleted: u64) {
    tracing::debug!(target: "session", deleted, "expired sessions deleted");
}

pub(crate) fn sweep_failed(error: &(dyn Error + 'static)) {
    tracing::warn!(target: "session", error, "expired sessions not deleted: trying again later");
}

pub(crate) fn dropped_uncommitted() {
    tracing::error!(
        target: "session",
        "session dropped with uncommitted changes: either the client hung up, or the middleware \
         `session::FINALIZE_SESSION` is not registered for this route"
    );
}
