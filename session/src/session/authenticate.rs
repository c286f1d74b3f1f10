use std::time::Duration;

use time::UtcDateTime;

use super::env::Env;
use super::status::SessionStatus;
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
    /// The cookies with a record whose deadline has passed. Another request may have moved that of
    /// the record, so they can still end their session.
    pub(super) expired: Vec<CookiePayload>,
    /// True if a later request may have a session with a cookie that this one cannot use.
    pub(super) may_revive: bool,
    /// True if there are cookies that were not read, though they may be authentic.
    pub(super) has_unread: bool,
}

impl Arrived {
    pub(super) fn without_cookie() -> Self {
        Self {
            status: SessionStatus::NoSession,
            others: Vec::new(),
            expired: Vec::new(),
            may_revive: false,
            has_unread: false,
        }
    }
}

/// Reads the cookies. Of several authentic ones, the most recently issued one counts first.
pub(super) fn authenticate(incoming: &IncomingSession, env: &Env, now: UtcDateTime) -> Arrived {
    let mut cookies = Cookies::default();
    for candidate in incoming.candidates() {
        match candidate.and_then(|value| env.policy.authenticate(value)) {
            Ok(cookie) => cookies.add(cookie, env, now),
            Err(error) => cookies.ignore(error),
        }
    }
    keep_one_of_each(&mut cookies.others, cookies.latest.as_ref());
    cookies.report();
    cookies.into_arrived()
}

/// The cookies of a request, as far as they have been read.
#[derive(Default)]
struct Cookies {
    latest: Option<CookiePayload>,
    others: Vec<CookiePayload>,
    expired: Vec<CookiePayload>,
    ignored: Vec<InvalidCookie>,
    may_revive: bool,
    has_unread: bool,
}

impl Cookies {
    fn add(&mut self, cookie: CookiePayload, env: &Env, now: UtcDateTime) {
        if cookie.has_record && env.store.is_cookie_only() {
            // It is from a time when the application had a store.
            telemetry::unknown(cookie.token.id);
        } else if cookie.expires_at <= now {
            self.may_revive |= may_be_extended(cookie.expires_at, now);
            self.expired.push(cookie);
        } else if !cookie.has_record && env.policy.cuts_off_cookie(&cookie) {
            telemetry::cut_off(cookie.token.id);
        } else if let Some(older) = most_recent(&mut self.latest, cookie) {
            self.others.push(older);
        }
    }

    fn ignore(&mut self, error: InvalidCookie) {
        // Another instance of the application, of a newer release, can read it; or this one, once
        // the others are gone.
        self.has_unread |= matches!(
            error,
            InvalidCookie::UnknownVersion | InvalidCookie::TooMany
        );
        self.ignored.push(error);
    }

    /// Reports what is unusual about the cookies, once for the request.
    fn report(&self) {
        if let Some(last) = self.ignored.last() {
            telemetry::bad_cookies(self.ignored.len(), last);
        }
        if !self.others.is_empty() {
            telemetry::several_cookies();
        }
    }

    fn into_arrived(mut self) -> Arrived {
        // It is the latest one once the browser does not send the others any more.
        let has_further = self.others.iter().any(|cookie| !cookie.has_record);
        self.may_revive |= has_further || self.has_unread;
        self.others.retain(|cookie| cookie.has_record);
        self.expired.retain(|cookie| cookie.has_record);
        let may_revive = self.may_revive;
        let status = match self.latest {
            None => SessionStatus::DeadCookie { may_revive },
            Some(cookie) if cookie.has_record => SessionStatus::Unloaded(cookie),
            Some(cookie) => SessionStatus::WithoutRecord(cookie),
        };
        Arrived {
            status,
            others: self.others,
            expired: self.expired,
            may_revive,
            has_unread: self.has_unread,
        }
    }
}

/// Returns `true` if a parallel request may have moved that deadline, which has passed.
pub(super) fn may_be_extended(deadline: UtcDateTime, now: UtcDateTime) -> bool {
    clock::after(deadline, CERTAINLY_EXPIRED_AFTER) > now
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
