use std::time::Duration;

use time::UtcDateTime;

use super::status::SessionStatus;
use crate::config::SessionPolicy;
use crate::cookie::IncomingSession;
use crate::cookie::payload::{CookiePayload, InvalidCookie};
use crate::{clock, telemetry};

/// The time after which an expired cookie is certainly not in use: a parallel request that moved
/// the deadline has delivered the new cookie by then.
const CERTAINLY_EXPIRED_AFTER: Duration = Duration::from_secs(60);

/// Reads the cookies. Of several authentic ones, the most recently issued one counts.
pub(super) fn authenticate(
    incoming: &IncomingSession,
    policy: &SessionPolicy,
    now: UtcDateTime,
) -> SessionStatus {
    let mut latest = None;
    let mut several_sessions = false;
    let mut ignored = Vec::new();
    let mut all_dead = true;
    for candidate in incoming.candidates() {
        match candidate.and_then(|value| policy.authenticate(value)) {
            Ok(cookie) if cookie.expires_at > now => {
                several_sessions |= is_of_another_session(latest.as_ref(), &cookie);
                latest = Some(most_recent(latest, cookie));
            }
            Ok(cookie) => {
                all_dead &= clock::after(cookie.expires_at, CERTAINLY_EXPIRED_AFTER) <= now;
            }
            Err(error) => {
                // Another instance of the application, of a newer release, can read it.
                all_dead &= error != InvalidCookie::UnknownVersion;
                ignored.push(error);
            }
        }
    }
    report(&ignored, several_sessions);
    match latest {
        None if all_dead => SessionStatus::DeadCookie,
        None => SessionStatus::NoSession,
        Some(cookie) if cookie.has_record => SessionStatus::Unloaded(cookie),
        Some(cookie) => SessionStatus::WithoutRecord(cookie),
    }
}

/// Reports what is unusual about the cookies, once for the request.
fn report(ignored: &[InvalidCookie], several_sessions: bool) {
    if let Some(last) = ignored.last() {
        telemetry::bad_cookies(ignored.len(), last);
    }
    if several_sessions {
        telemetry::several_cookies();
    }
}

fn is_of_another_session(latest: Option<&CookiePayload>, cookie: &CookiePayload) -> bool {
    latest.is_some_and(|latest| latest.token.id != cookie.token.id)
}

fn most_recent(latest: Option<CookiePayload>, cookie: CookiePayload) -> CookiePayload {
    match latest {
        Some(latest) if latest.issued_at >= cookie.issued_at => latest,
        _ => cookie,
    }
}
