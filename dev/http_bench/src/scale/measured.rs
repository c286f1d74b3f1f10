use super::operations::Times;
use super::stores::Kind;

/// The times of the operations of one store with a number of sessions.
#[derive(Debug)]
pub(super) struct Measured {
    pub(super) store: Kind,
    pub(super) sessions: u64,
    pub(super) times: Vec<(&'static str, Times)>,
}
