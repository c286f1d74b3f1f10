use std::fmt;

use super::errors::{StoreError, StoreErrorKind};

/// The outcome of one step of
/// [`delete_created_until`](super::SessionStorageBackend::delete_created_until).
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs, reason = "stores build it")]
#[must_use]
pub struct DeletionStep {
    /// The number of records that the step removed.
    pub deleted: u64,
    /// The place where the next step begins; `None` after the last step.
    pub next: Option<DeletionCursor>,
}

/// A place in a deletion of many steps. Only the store that returned it can read it.
///
/// # Example
///
/// ```
/// # use session_kit as session;
/// use session::store::DeletionCursor;
///
/// let cursor = DeletionCursor::new([0, 7]);
/// assert_eq!(cursor.to_array()?, [0, 7]);
/// assert!(cursor.to_array::<3>().is_err());
/// # Ok::<(), session::StoreError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct DeletionCursor(Box<[u8]>);

impl DeletionCursor {
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
impl fmt::Debug for DeletionCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DeletionCursor({} bytes)", self.0.len())
    }
}

#[derive(Debug, thiserror::Error)]
#[error("another store made the cursor of this deletion: begin the deletion again without it")]
struct ForeignCursor;
