use std::time::{Duration, Instant};

use session::SessionError;
use session::store::StoreErrorKind;

/// The end of one request.
#[derive(Clone, Copy, Debug)]
pub struct Answer {
    /// The client that sent the request.
    pub client: usize,
    /// The start of the request.
    pub begun: Instant,
    /// The time from the start to the end.
    pub took: Duration,
    /// The outcome of the request.
    pub outcome: Outcome,
}

/// The outcome of a request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Outcome {
    /// The server acknowledged the change.
    Good,
    /// The request failed, with the kind of the store's error if there was one.
    Failed(Option<StoreErrorKind>),
    /// The client hung up.
    Dropped,
}

impl Answer {
    /// Returns `true` if the request failed.
    pub fn has_failed(&self) -> bool {
        matches!(self.outcome, Outcome::Failed(_))
    }
}

impl Outcome {
    /// `answer` is `None` if the client hung up.
    pub(crate) fn of<T>(answer: &Option<Result<T, SessionError>>) -> Self {
        match answer {
            None => Self::Dropped,
            Some(Ok(_)) => Self::Good,
            Some(Err(SessionError::Store(error))) => Self::Failed(Some(error.kind())),
            Some(Err(_)) => Self::Failed(None),
        }
    }
}
