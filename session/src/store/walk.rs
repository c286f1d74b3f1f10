//! Operations on all records, which take many steps.

use std::fmt;

use super::errors::{StoreError, StoreErrorKind};
use super::record::SessionSummary;
use crate::token::SessionId;

/// The outcome of one step of
/// [`delete_created_until`](super::SessionStorageBackend::delete_created_until).
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs, reason = "stores build it")]
#[must_use]
pub struct DeletionStep {
    /// The number of records that the step removed.
    pub deleted: u64,
    /// The place where the next step begins; `None` after the last step.
    pub next: Option<WalkCursor>,
}

/// The outcome of one step of [`all_sessions`](super::SessionStorageBackend::all_sessions).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs, reason = "stores build it")]
#[must_use]
pub struct SessionsStep {
    /// The sessions of the records that the step read, in any order.
    pub sessions: Vec<SessionSummary>,
    /// The ids of the records that a newer version has written, or whose summaries are damaged.
    pub unreadable: Vec<SessionId>,
    /// The place where the next step begins; `None` after the last step.
    pub next: Option<WalkCursor>,
}

/// A place in a walk through all records. Only the store that returned it can read it.
///
/// # Example
///
/// ```
/// # use session_kit as session;
/// use session::store::WalkCursor;
///
/// let cursor = WalkCursor::new([0, 7]);
/// assert_eq!(cursor.to_array()?, [0, 7]);
/// assert!(cursor.to_array::<3>().is_err());
/// # Ok::<(), session::StoreError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct WalkCursor(Box<[u8]>);

impl WalkCursor {
    /// Creates a cursor from bytes in a form of the store.
    pub fn new(bytes: impl Into<Box<[u8]>>) -> Self {
        Self(bytes.into())
    }

    /// Returns the bytes of a cursor with a fixed length.
    ///
    /// # Errors
    ///
    /// Returns [`StoreError`] if the cursor has another length, so another store made it.
    pub fn to_array<const N: usize>(&self) -> Result<[u8; N], StoreError> {
        let bytes = <[u8; N]>::try_from(&*self.0);
        bytes.map_err(|_| StoreError::new(StoreErrorKind::Other, ForeignCursor))
    }
}

/// Shows the length, since a cursor may contain the id of a session.
impl fmt::Debug for WalkCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WalkCursor({} bytes)", self.0.len())
    }
}

#[derive(Debug, thiserror::Error)]
#[error("another store made the cursor of this walk: begin it again without a cursor")]
struct ForeignCursor;
