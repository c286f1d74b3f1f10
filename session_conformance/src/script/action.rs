use session::Session;

use crate::expect::no_error;
use crate::record::principal;

/// The use that a handler makes of the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Read,
    Insert(&'static str, u64),
    Increment,
    Renew,
    LogIn(&'static str),
    LogOut,
}

/// The session cookie in a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sent {
    Nothing,
    Cookie,
    Removal,
}

/// The expected behaviour of a request: its store operations at each end, and its response.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Expected {
    pub(crate) load: &'static [&'static str],
    pub(crate) commit: &'static [&'static str],
    pub(crate) sent: Sent,
}

impl Action {
    pub(crate) async fn perform(self, promise: &str, session: &mut Session) {
        match self {
            Self::Read => {}
            Self::Insert(key, value) => no_error(promise, session.insert(key, &value).await),
            Self::Increment => {
                let update = session.update("n", |n: Option<u64>| n.unwrap_or(0) + 1);
                no_error(promise, update.await);
            }
            Self::Renew => session.renew(),
            Self::LogIn(owner) => {
                // The values of the scenario, and those that other actions write.
                let log_in = session.log_in_keeping(principal(owner), ["base", "b", "n"]);
                no_error(promise, log_in.await);
            }
            Self::LogOut => session.log_out(),
        }
    }
}

impl Sent {
    /// Classifies the `Set-Cookie` header of a response.
    pub(crate) fn by(header: Option<&str>) -> Self {
        match header {
            None => Self::Nothing,
            Some(header) if header.contains("Max-Age=0") => Self::Removal,
            Some(_) => Self::Cookie,
        }
    }
}

impl Expected {
    /// A request that loads its session.
    pub(crate) const fn signed_in(commit: &'static [&'static str], sent: Sent) -> Self {
        Self {
            load: &["load"],
            commit,
            sent,
        }
    }

    /// A request of a browser that has no cookie any more.
    pub(crate) const fn anonymous(commit: &'static [&'static str], sent: Sent) -> Self {
        Self {
            load: &[],
            commit,
            sent,
        }
    }
}
