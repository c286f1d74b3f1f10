//! The record of a session: loaded, and compared with the secret in the cookie.

use std::sync::Arc;

use time::UtcDateTime;

use super::authenticate::may_be_extended;
use super::env::Env;
use super::status::{LiveSession, MatchedSecret, SessionStatus, Superseded};
use crate::config::{SessionPolicy, TokenReuse};
use crate::cookie::payload::CookiePayload;
use crate::state::server::ServerState;
use crate::store::{SessionRecord, StoreError, StoreErrorKind};
use crate::token::{Secret, SecretHash, SessionId};
use crate::{clock, telemetry};

/// A session whose record, if it has one, was loaded.
#[derive(Clone)]
pub(crate) struct LoadedSession {
    pub(crate) status: SessionStatus,
    pub(crate) state: ServerState,
}

impl LoadedSession {
    pub(crate) fn without_state(status: SessionStatus) -> Self {
        Self {
            status,
            state: ServerState::default(),
        }
    }
}

/// Loads the session that `cookie` names. One that has ended, or whose record cannot be read, makes
/// the request anonymous.
pub(crate) async fn look_up(
    env: &Env,
    cookie: &CookiePayload,
    now: UtcDateTime,
) -> Result<LoadedSession, StoreError> {
    let id = cookie.token.id;
    let record = match env.store.load(id).await {
        Ok(Some(record)) => record,
        Ok(None) => {
            telemetry::unknown(id);
            return Ok(LoadedSession::without_state(SessionStatus::DEAD));
        }
        Err(error) if error.kind() == StoreErrorKind::InvalidRecord => {
            return Ok(LoadedSession::without_state(SessionStatus::NoSession));
        }
        Err(error) => return Err(error),
    };
    match live_session(&env.policy, record, cookie, now) {
        Ok(live) => Ok(parse_state(live, now)),
        Err(other) => {
            // Boxed, as it is rare: its state is not part of the futures of other requests.
            let status = Box::pin(classify(env, other, cookie, now)).await?;
            Ok(LoadedSession::without_state(status))
        }
    }
}

/// The position of an error in a state. The error of `serde_json` may quote a value.
#[derive(Debug, thiserror::Error)]
#[error("the state is not a JSON object (line {line}, column {column})")]
struct InvalidState {
    line: usize,
    column: usize,
}

impl From<serde_json::Error> for InvalidState {
    fn from(error: serde_json::Error) -> Self {
        Self {
            line: error.line(),
            column: error.column(),
        }
    }
}

pub(crate) fn parse_state(live: LiveSession, now: UtcDateTime) -> LoadedSession {
    let id = live.record.id;
    match ServerState::parse(live.record.state.clone(), now) {
        Ok(state) => {
            telemetry::loaded(id);
            let status = SessionStatus::Live(live);
            LoadedSession { status, state }
        }
        Err(error) => {
            telemetry::unreadable_record(id, &InvalidState::from(error));
            LoadedSession::without_state(SessionStatus::NoSession)
        }
    }
}

/// A record that is over, or whose secret the cookie does not carry.
pub(crate) struct NotLive {
    record: Arc<SessionRecord>,
    /// The deadline in the store.
    stored_until: UtcDateTime,
}

/// Returns the session of a record whose secret the cookie carries, unless it is over.
pub(crate) fn live_session(
    policy: &SessionPolicy,
    record: Arc<SessionRecord>,
    cookie: &CookiePayload,
    now: UtcDateTime,
) -> Result<LiveSession, NotLive> {
    let stored_until = record.expires_at;
    let record = policy.with_current_deadline(record);
    let is_over = record.expires_at <= now || is_cut_off(policy, &record);
    let matched = (!is_over).then(|| match_secret(&record, cookie, now));
    match matched.flatten() {
        Some(matched) => Ok(LiveSession {
            cookie: cookie.clone(),
            record,
            stored_until,
            matched,
        }),
        None => Err(NotLive {
            record,
            stored_until,
        }),
    }
}

fn is_cut_off(policy: &SessionPolicy, record: &SessionRecord) -> bool {
    policy.cuts_off(record.created_at, record.authenticated_at)
}

async fn classify(
    env: &Env,
    found: NotLive,
    cookie: &CookiePayload,
    now: UtcDateTime,
) -> Result<SessionStatus, StoreError> {
    if found.record.expires_at <= now {
        telemetry::expired(found.record.id);
        let may_revive = may_be_extended(found.record.expires_at, now);
        return Ok(SessionStatus::DeadCookie { may_revive });
    }
    if is_cut_off(&env.policy, &found.record) {
        return end(env, &found.record, telemetry::cut_off).await;
    }
    classify_old_secret(env, found, cookie, now).await
}

pub(crate) fn match_secret(
    record: &SessionRecord,
    cookie: &CookiePayload,
    now: UtcDateTime,
) -> Option<MatchedSecret> {
    let secret = &cookie.token.secret;
    let hash = secret.hash();
    if hash == record.secret {
        return Some(MatchedSecret::Current);
    }
    let current = successor(record, secret, hash, now)?;
    Some(MatchedSecret::Previous { current })
}

/// Returns the current secret, if `secret` is the previous one and still counts.
fn successor(
    record: &SessionRecord,
    secret: &Secret,
    hash: SecretHash,
    now: UtcDateTime,
) -> Option<Secret> {
    let previous = record.previous_secret.as_ref()?;
    let counts = hash == previous.hash && now < previous.valid_until;
    counts.then(|| secret.unseal(&previous.successor, &record.secret))
}

/// Returns the session for a log-in to join, if the cookie has the secret before its last log-in.
fn session_to_join(
    found: NotLive,
    cookie: &CookiePayload,
    now: UtcDateTime,
) -> Option<Box<LiveSession>> {
    let NotLive {
        record,
        stored_until,
    } = found;
    let secret = cookie.token.secret.before_log_in();
    let current = successor(&record, &secret, secret.hash(), now)?;
    Some(Box::new(LiveSession {
        cookie: cookie.clone(),
        record,
        stored_until,
        matched: MatchedSecret::BeforeLogIn { current },
    }))
}

/// Decides about a secret that the record does not have. The cookie is authentic, so it was issued
/// once and replaced since.
async fn classify_old_secret(
    env: &Env,
    found: NotLive,
    cookie: &CookiePayload,
    now: UtcDateTime,
) -> Result<SessionStatus, StoreError> {
    let (state, record) = (env.policy.state(), &found.record);
    let until = clock::after(record.secret_issued_at, state.renewal_grace);
    if env.arrived_before(until) {
        telemetry::superseded(record.id);
        return Ok(SessionStatus::Superseded(Superseded {
            id: record.id,
            to_join: session_to_join(found, cookie, now),
        }));
    }
    telemetry::token_reuse(record.id);
    let is_renewed = !cookie.precedes_log_in(record.authenticated_at);
    if is_renewed && state.on_token_reuse == TokenReuse::Revoke {
        return end(env, record, telemetry::revoked).await;
    }
    // The browser may have a newer cookie of the session by now.
    Ok(SessionStatus::NoSession)
}

/// Deletes the record that was loaded, and reports the reason.
async fn end(
    env: &Env,
    record: &SessionRecord,
    report: fn(SessionId),
) -> Result<SessionStatus, StoreError> {
    match env.store.delete(record.id, Some(record.secret)).await? {
        true => {
            report(record.id);
            Ok(SessionStatus::DEAD)
        }
        // The secret was replaced, or the session ended, a moment ago.
        false => Ok(SessionStatus::NoSession),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::SerializedState;

    #[test]
    fn the_error_of_a_damaged_state_quotes_no_value() {
        let state = SerializedState::from_json("\"4111\"");
        let error = ServerState::parse(state, UtcDateTime::UNIX_EPOCH)
            .err()
            .map(InvalidState::from);
        let printed = format!("{error:?} {}", error.as_ref().unwrap());
        assert!(!printed.contains("4111"), "{printed}");
        assert!(printed.contains("line 1"), "{printed}");
    }
}
