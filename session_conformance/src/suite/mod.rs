//! The rules, in groups. A rule that is missing from the list in [`crate::list`] is dead code.

pub(crate) mod create;
pub(crate) mod load;
pub(crate) mod state;
pub(crate) mod values;

pub(crate) mod cutoff;
pub(crate) mod delete;
pub(crate) mod expiry;
pub(crate) mod replace;
pub(crate) mod touch;

pub(crate) mod all_sessions;
pub(crate) mod origins;
pub(crate) mod pages;
pub(crate) mod principals;
pub(crate) mod revocation;

pub(crate) mod bulk_concurrency;
pub(crate) mod cancellation;
pub(crate) mod concurrency;
mod owned;

pub(crate) mod session_deadlines;
pub(crate) mod session_endings;
pub(crate) mod session_late_answers;
pub(crate) mod session_owners;
pub(crate) mod session_parallel;
pub(crate) mod session_recent;
pub(crate) mod session_renewals;
pub(crate) mod session_writers;
