use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use time::UtcDateTime;

use super::found::Found;
use super::status::{LiveSession, MatchedSecret, SessionStatus};
use crate::cookie::payload::CookiePayload;
use crate::principal::Principal;
use crate::store::{Revision, SessionRecord};

/// The commits of the request so far: what they have begun, and what is left to do.
#[derive(Default)]
pub(crate) struct Progress {
    consulted: AtomicBool,
    /// True if the request is not activity, and so moves no deadline.
    passive: AtomicBool,
    /// The session that this request ended, until its record is deleted.
    pub(crate) ending: Option<Box<Ending>>,
    /// True if the handler ended a session, whether there was one or not.
    pub(crate) has_ended: bool,
    /// True if the session of the browser's cookie has ended.
    pub(crate) removal_due: bool,
    /// A write that was sent to the store, until its outcome is known. It stays if the store fails,
    /// or if the commit is dropped.
    pub(crate) sent: Option<SentWrite>,
    /// A value that is being taken, until the outcome is known: its key, and the value itself.
    pub(crate) taking: Option<(Cow<'static, str>, String)>,
    /// The principal of a committed log-in, until the number of their sessions was checked.
    pub(crate) limit_check_due: Option<Principal>,
    /// True if that check refused the log-in, until its session is deleted.
    pub(crate) log_in_refused: bool,
    pub(crate) cookie: CookieProgress,
}

/// The cookie of the committed session, on its way to the response.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum CookieProgress {
    /// The browser has the cookie, or there is none.
    #[default]
    Unchanged,
    /// The cookie waits to be sent, once the store confirms that its secret is still valid.
    Due,
    /// The last store operation found the session under the secret of the cookie.
    Confirmed,
}

/// A session that the handler ended, as far as the request knew it by then.
pub(crate) struct Ending {
    pub(crate) found: Found,
    pub(crate) reason: EndReason,
}

#[derive(Clone, Copy)]
pub(crate) enum EndReason {
    Invalidated,
    LoggedOut,
}

pub(crate) struct SentWrite {
    pub(crate) record: Arc<SessionRecord>,
    /// The revision that the write replaces; `None` if it creates the record.
    pub(crate) expected: Option<Revision>,
    /// The deadline in the store afterwards.
    pub(crate) stored_until: UtcDateTime,
    /// The cookie that goes with the record.
    pub(crate) cookie: CookiePayload,
    /// True if the browser does not have that cookie yet.
    pub(crate) sets_cookie: bool,
    /// True if the secret is a new one.
    pub(crate) renews: bool,
    /// True if it is new only because the last one was old.
    pub(crate) on_timer: bool,
    /// True if it contains the log-in of the handler.
    pub(crate) logs_in: bool,
}

impl SentWrite {
    /// Returns `true` if the secret is new, and nobody can collect it with the one before.
    pub(super) fn renews_for_good(&self) -> bool {
        self.renews && !self.on_timer
    }

    /// The status of the request once the write has taken effect.
    pub(crate) fn into_status(self) -> SessionStatus {
        SessionStatus::Live(LiveSession {
            cookie: self.cookie,
            record: self.record,
            stored_until: self.stored_until,
            matched: MatchedSecret::Current,
        })
    }
}

impl Progress {
    /// Returns `true` if an earlier commit of the request has left something to do.
    pub(crate) fn is_unfinished(&self) -> bool {
        // A log-in whose limit is not checked yet has left a cookie, too.
        self.sent.is_some() || self.cookie != CookieProgress::Unchanged
    }

    /// Notes that the secret of a committed cookie may have been replaced since.
    pub(crate) fn require_confirmation(&mut self) {
        if self.cookie == CookieProgress::Confirmed {
            self.cookie = CookieProgress::Due;
        }
    }

    /// Notes that the response may depend on the session.
    pub(crate) fn mark_consulted(&self) {
        self.consulted.store(true, Ordering::Relaxed);
    }

    pub(crate) fn was_consulted(&self) -> bool {
        self.consulted.load(Ordering::Relaxed)
    }

    /// Notes that the request is not activity.
    pub(crate) fn mark_passive(&self) {
        self.passive.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_passive(&self) -> bool {
        self.passive.load(Ordering::Relaxed)
    }

    /// Returns the progress of a request that ends the session it found.
    ///
    /// Nothing of that session is kept, except an earlier ending. The first ending is the one of
    /// the browser's cookie.
    pub(crate) fn with_end(self, found: Found, reason: EndReason) -> Self {
        let ending = || {
            found
                .has_cookie()
                .then(|| Box::new(Ending { found, reason }))
        };
        Self {
            consulted: true.into(),
            passive: self.passive,
            ending: self.ending.or_else(ending),
            has_ended: true,
            removal_due: self.removal_due,
            ..Self::default()
        }
    }
}
