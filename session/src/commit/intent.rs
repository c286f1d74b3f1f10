//! The wishes of a handler, as far as the decision about a commit depends on them.

use time::UtcDateTime;

/// The handler's wish for the session itself, besides changes to its state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Intent {
    Keep,
    Renew,
    /// A principal proved their identity at that time.
    LogIn(UtcDateTime),
}

/// The part of a state that matters for the decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StateSummary {
    pub(crate) changed: bool,
    /// True if no value is left after the changes.
    pub(crate) empty: bool,
}
