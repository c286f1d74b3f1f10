//! The wishes of a handler, as far as the decision about a commit depends on them.

use time::UtcDateTime;

use crate::session::Inner;
use crate::store::lifetime::Lifetime;

/// The handler's wish for the session itself, besides changes to its state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Intent {
    Keep,
    Renew,
    LogIn(LogInIntent),
}

impl Intent {
    pub(super) fn of(session: &Inner) -> Self {
        match session.pending.log_in() {
            Some(log_in) => Self::LogIn(LogInIntent {
                authenticated_at: log_in.proof_after(session.status().record()),
                lifetime: log_in.lifetime_after(session.status().record()),
            }),
            None if session.pending.renew => Self::Renew,
            None => Self::Keep,
        }
    }
}

/// A log-in, as far as the deadline depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LogInIntent {
    /// The time at which the principal last proved their identity.
    pub(crate) authenticated_at: UtcDateTime,
    /// The lifetime that the session has afterwards.
    pub(crate) lifetime: Lifetime,
}

/// The part of a state that matters for the decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StateSummary {
    pub(crate) changed: bool,
    /// True if no value is left after the changes.
    pub(crate) empty: bool,
}
