//! The requests of a run, before anything has happened.

use std::num::NonZeroUsize;
use std::time::Duration;

/// The use that a handler makes of the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Asks for the principal, whose credentials must not have changed since the log-in.
    Read,
    /// Inserts a value of its own into the server-side state.
    Write,
    /// Inserts a value of its own into the client-side state.
    WriteClient,
    /// Logs the principal in, some time after the password was checked.
    LogIn,
    /// Ends the session.
    LogOut,
    /// Asks for a new secret.
    Renew,
    /// Commits in the middle of the handler.
    Commit,
    /// Changes the password, ends all other sessions, and logs in again.
    ChangePassword,
}

impl Action {
    /// All actions.
    pub const ALL: [Self; 8] = [
        Self::Read,
        Self::Write,
        Self::WriteClient,
        Self::LogIn,
        Self::LogOut,
        Self::Renew,
        Self::Commit,
        Self::ChangePassword,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::WriteClient => "write client-side",
            Self::LogIn => "log in",
            Self::LogOut => "log out",
            Self::Renew => "renew",
            Self::Commit => "commit",
            Self::ChangePassword => "change the password",
        }
    }

    /// Returns `true` if a session may end by the action.
    pub(crate) fn ends_sessions(self) -> bool {
        matches!(self, Self::LogOut | Self::ChangePassword)
    }

    /// Returns `true` if the action may replace the secret of a session, or end one.
    pub(crate) fn changes_identity(self) -> bool {
        self.ends_sessions() || matches!(self, Self::LogIn | Self::Renew)
    }
}

/// The session of a browser at the beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Arrival {
    /// The browser has no cookie.
    Stranger,
    /// The browser has a session that belongs to nobody.
    Visitor,
    /// The principal is logged in.
    Member,
    /// The principal is logged in. A newer cookie, for another path, is of a session that has
    /// ended.
    MemberWithDeadCookie,
    /// The principal is logged in twice: an older cookie, for another path, is alive too.
    MemberTwice,
}

/// The requests of one browser.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BrowserScript {
    /// The session before the first request.
    pub arrival: Arrival,
    /// The actions of each request.
    pub requests: Vec<Vec<Action>>,
}

/// The configuration of the application.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Settings {
    /// The time after which a session in use gets a new secret.
    pub renew_every: Option<Duration>,
    /// The largest number of sessions of the principal.
    pub limit: Option<NonZeroUsize>,
    /// True if a log-in beyond the limit is refused; otherwise, the oldest session ends.
    pub refuses_at_limit: bool,
    /// True if a session ends when a cookie with an old secret comes.
    pub revokes_on_reuse: bool,
}

/// The number of times that each of these events may happen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Events {
    /// The administrator ends all sessions of the principal.
    pub revocations: usize,
    /// The administrator ends all sessions of the application.
    pub purges: usize,
    /// The application is restarted, and sessions are valid from that moment on.
    pub restarts: usize,
    /// Another program changes the password of the principal.
    pub password_changes: usize,
    /// The state in a record is damaged.
    pub damages: usize,
    /// An operation on the store fails, an answer is lost, or a client hangs up.
    pub faults: usize,
    /// The clock moves.
    pub clock_steps: usize,
}

/// Everything that is fixed before a run: browsers of one principal, and their surroundings.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Script {
    /// The browsers.
    pub browsers: Vec<BrowserScript>,
    /// The configuration of the application.
    pub settings: Settings,
    /// The events that no browser causes.
    pub events: Events,
}

impl Script {
    /// Creates a script in which nothing happens but the requests of these browsers.
    pub fn calm(browsers: Vec<BrowserScript>) -> Self {
        Self {
            browsers,
            settings: Settings::default(),
            events: Events::default(),
        }
    }
}
