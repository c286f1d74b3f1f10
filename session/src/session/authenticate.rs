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
    let mut all_dead = true;
    for candidate in incoming.candidates() {
        match read(candidate, policy) {
            Ok(cookie) if cookie.expires_at > now => latest = Some(most_recent(latest, cookie)),
            Ok(cookie) => {
                all_dead &= clock::after(cookie.expires_at, CERTAINLY_EXPIRED_AFTER) <= now;
            }
            // Another instance of the application, of a newer release, can read it.
            Err(InvalidCookie::UnknownVersion) => all_dead = false,
            Err(_) => {}
        }
    }
    match latest {
        None if all_dead => SessionStatus::DeadCookie,
        None => SessionStatus::NoSession,
        Some(cookie) if cookie.has_record => SessionStatus::Unloaded(cookie),
        Some(cookie) => SessionStatus::WithoutRecord(cookie),
    }
}

fn read(
    candidate: Result<&str, InvalidCookie>,
    policy: &SessionPolicy,
) -> Result<CookiePayload, InvalidCookie> {
    let payload = candidate.and_then(|value| policy.authenticate(value));
    if let Err(error) = &payload {
        telemetry::bad_cookie(&error.to_string());
    }
    payload
}

fn most_recent(latest: Option<CookiePayload>, cookie: CookiePayload) -> CookiePayload {
    let Some(latest) = latest else {
        return cookie;
    };
    if latest.token.id != cookie.token.id {
        telemetry::several_cookies();
    }
    match latest.issued_at < cookie.issued_at {
        true => cookie,
        false => latest,
    }
}
