//! The requests of a run, before anything has happened.

use std::time::Duration;

/// The use that a handler makes of the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Asks for the principal.
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
    /// Ends all other sessions and logs in again, as after a change of the password.
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
}

/// The requests of one browser.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BrowserScript {
    /// The session before the first request.
    pub arrival: Arrival,
    /// The actions of each request.
    pub requests: Vec<Vec<Action>>,
}

impl Script {
    /// Returns `true` if nobody ends a session, and nothing fails: each user stays logged in.
    ///
    /// Requests without a cookie have nothing in common, so a stranger may get two sessions.
    pub(crate) fn ends_nothing(&self) -> bool {
        let ends = [Action::LogOut, Action::ChangePassword];
        self.revocations + self.faults + self.clock_steps == 0
            && self.renew_every.is_none()
            && !self.actions().any(|action| ends.contains(&action))
            && self
                .browsers
                .iter()
                .all(|it| it.arrival != Arrival::Stranger)
    }

    /// Returns `true` if each browser has one session, whatever the order of the requests.
    ///
    /// A log-in can join only the one before it.
    pub(crate) fn keeps_one_session(&self) -> bool {
        self.ends_nothing()
            && !self.actions().any(|action| action == Action::Renew)
            && self.browsers.iter().all(BrowserScript::keeps_one_session)
    }

    fn actions(&self) -> impl Iterator<Item = Action> {
        self.browsers.iter().flat_map(BrowserScript::actions)
    }
}

impl BrowserScript {
    fn keeps_one_session(&self) -> bool {
        let log_ins = self.actions().filter(|action| *action == Action::LogIn);
        log_ins.count() <= 2
    }

    fn actions(&self) -> impl Iterator<Item = Action> {
        self.requests.iter().flatten().copied()
    }
}

/// Everything that is fixed before a run: browsers of one principal, and an administrator.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Script {
    /// The browsers.
    pub browsers: Vec<BrowserScript>,
    /// The number of times that the administrator ends all sessions of the principal.
    pub revocations: usize,
    /// The time after which a session in use gets a new secret.
    pub renew_every: Option<Duration>,
    /// The number of operations that may fail, of answers that may be lost, and of requests that
    /// may be dropped, in all.
    pub faults: usize,
    /// The number of times that the clock may move.
    pub clock_steps: usize,
}
