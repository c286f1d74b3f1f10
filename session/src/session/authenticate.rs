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

/// The cookies of a request, authenticated.
pub(super) struct Arrived {
    /// The status by the most recently issued cookie alone.
    pub(super) status: SessionStatus,
    /// The cookies of other sessions with a record, one for each, most recently issued first.
    pub(super) others: Vec<CookiePayload>,
}

impl Arrived {
    pub(super) fn without_cookie() -> Self {
        Self {
            status: SessionStatus::NoSession,
            others: Vec::new(),
        }
    }
}

/// Reads the cookies. Of several authentic ones, the most recently issued one counts first.
pub(super) fn authenticate(
    incoming: &IncomingSession,
    policy: &SessionPolicy,
    now: UtcDateTime,
) -> Arrived {
    let mut latest = None;
    let mut others = Vec::new();
    let mut ignored = Vec::new();
    let mut all_dead = true;
    for candidate in incoming.candidates() {
        match candidate.and_then(|value| policy.authenticate(value)) {
            Ok(cookie) if cookie.expires_at <= now => {
                all_dead &= clock::after(cookie.expires_at, CERTAINLY_EXPIRED_AFTER) <= now;
            }
            Ok(cookie) if !cookie.has_record && policy.cuts_off_cookie(&cookie) => {
                telemetry::cut_off(cookie.token.id);
            }
            Ok(cookie) => {
                if let Some(older) = most_recent(&mut latest, cookie) {
                    others.push(older);
                }
            }
            Err(error) => {
                // Another instance of the application, of a newer release, can read it.
                all_dead &= error != InvalidCookie::UnknownVersion;
                ignored.push(error);
            }
        }
    }
    keep_one_of_each(&mut others, latest.as_ref());
    report(&ignored, !others.is_empty());
    others.retain(|cookie| cookie.has_record);
    let status = match latest {
        None if all_dead => SessionStatus::DeadCookie,
        None => SessionStatus::NoSession,
        Some(cookie) if cookie.has_record => SessionStatus::Unloaded(cookie),
        Some(cookie) => SessionStatus::WithoutRecord(cookie),
    };
    Arrived { status, others }
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

/// Keeps the more recent cookie as the latest one, and returns the other.
fn most_recent(latest: &mut Option<CookiePayload>, cookie: CookiePayload) -> Option<CookiePayload> {
    match latest {
        Some(latest) if latest.issued_at >= cookie.issued_at => Some(cookie),
        _ => latest.replace(cookie),
    }
}

/// Keeps the most recent cookie of each session but that of the latest cookie.
fn keep_one_of_each(others: &mut Vec<CookiePayload>, latest: Option<&CookiePayload>) {
    others.retain(|cookie| latest.is_none_or(|latest| latest.token.id != cookie.token.id));
    others.sort_by_key(|cookie| std::cmp::Reverse((cookie.token.id, cookie.issued_at)));
    others.dedup_by_key(|cookie| cookie.token.id);
    others.sort_by_key(|cookie| std::cmp::Reverse(cookie.issued_at));
}
