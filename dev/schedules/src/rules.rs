//! The promises that a run checks.

use std::fmt;

/// A promise of the library.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// A request does not panic.
    NoPanic,
    /// A request is a server error only if the store failed.
    NoErrorWithoutFault,
    /// A cookie that leaves with a response is alive at that moment.
    LeavingCookieIsAlive,
    /// A response with a session cookie stays out of shared caches.
    CookieIsNotCached,
    /// A session whose end was acknowledged is of no use, whichever of its cookies is sent.
    EndedSessionIsOver,
    /// A session from before `valid_from` is of no use, and in no list.
    CutOffSessionIsOver,
    /// A browser that has logged out has no cookie of that session, and an empty cache.
    LogOutCleansTheBrowser,
    /// A cookie is for the principal only if its log-in proved the present password.
    PasswordIsPresent,
    /// A write whose request succeeded is in its session.
    WriteIsKept,
    /// A log-in that succeeded, and that nothing disturbed, is in effect.
    LogInTakesEffect,
    /// Log-ins of one browser leave one session.
    OneBrowserOneSession,
    /// The cookie of a browser stays alive unless somebody ends its session.
    NobodyIsLoggedOut,
    /// A principal has no more sessions than the limit.
    LimitHolds,
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoPanic => "a request does not panic",
            Self::NoErrorWithoutFault => "a request is a server error only if the store failed",
            Self::LeavingCookieIsAlive => "a cookie that leaves with a response is alive",
            Self::CookieIsNotCached => "a response with a session cookie stays out of caches",
            Self::EndedSessionIsOver => "a session whose end was acknowledged is of no use",
            Self::CutOffSessionIsOver => "a session from before `valid_from` is of no use",
            Self::LogOutCleansTheBrowser => "a log-out leaves nothing in the browser",
            Self::PasswordIsPresent => "nobody is logged in without the present password",
            Self::WriteIsKept => "a write whose request succeeded is in its session",
            Self::LogInTakesEffect => "a log-in that succeeded is in effect",
            Self::OneBrowserOneSession => "one browser has one session",
            Self::NobodyIsLoggedOut => "nobody is logged out unless somebody ends the session",
            Self::LimitHolds => "a principal has no more sessions than the limit",
        })
    }
}

/// A broken promise, and the way in which it was broken.
#[derive(Debug)]
pub(crate) struct Broken(pub(crate) Rule, pub(crate) String);

/// Returns an error with that text unless the promise is kept.
pub(crate) fn require(
    kept: bool,
    rule: Rule,
    detail: impl FnOnce() -> String,
) -> Result<(), Broken> {
    match kept {
        true => Ok(()),
        false => Err(Broken(rule, detail())),
    }
}
