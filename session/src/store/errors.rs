use std::error::Error;
use std::fmt;

/// A store operation failed.
///
/// A caller can act on the [`kind`](Self::kind); the [`source`](Error::source) is for the log.
/// Neither contains a secret or a state value: backends must not put any into the causes that they
/// report.
#[derive(Debug, thiserror::Error)]
pub struct StoreError {
    kind: StoreErrorKind,
    operation: Option<&'static str>,
    source: Option<Box<dyn Error + Send + Sync>>,
}

/// The kind of failure that a [`StoreError`] reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StoreErrorKind {
    /// The store did not answer within the time limit. A write may have taken effect.
    Timeout,
    /// The store cannot be reached, has no free connection, or refuses to work.
    Unavailable,
    /// The store has no room for another record.
    Full,
    /// A stored record is damaged, or was written by a newer version.
    InvalidRecord,
    /// The store does not have the operation.
    Unsupported,
    /// Any other failure.
    Other,
}

impl StoreError {
    /// Creates an error of the given kind from its cause.
    ///
    /// # Example
    ///
    /// ```
    /// # use session_kit as session;
    /// use session::store::{StoreError, StoreErrorKind};
    /// use std::error::Error;
    ///
    /// let refused = std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
    /// let error = StoreError::new(StoreErrorKind::Unavailable, refused);
    /// assert_eq!(error.to_string(), "the session store is not available");
    /// assert_eq!(error.source().map(|cause| cause.to_string()).as_deref(), Some("connection refused"));
    /// ```
    pub fn new(kind: StoreErrorKind, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self {
            kind,
            operation: None,
            source: Some(source.into()),
        }
    }

    /// Returns the kind of the failure.
    pub fn kind(&self) -> StoreErrorKind {
        self.kind
    }

    pub(crate) fn timeout() -> Self {
        Self::without_source(StoreErrorKind::Timeout)
    }

    pub(crate) fn unsupported() -> Self {
        Self::without_source(StoreErrorKind::Unsupported)
    }

    fn without_source(kind: StoreErrorKind) -> Self {
        Self {
            kind,
            operation: None,
            source: None,
        }
    }

    pub(crate) fn during(mut self, operation: &'static str) -> Self {
        self.operation = Some(operation);
        self
    }
}

impl StoreErrorKind {
    fn message(self) -> &'static str {
        match self {
            Self::Timeout => "the session store did not answer within `session.store.timeout`",
            Self::Unavailable => "the session store is not available",
            Self::Full => "the session store is full",
            Self::InvalidRecord => "a stored session record cannot be read",
            Self::Unsupported => {
                "this application keeps its sessions in the cookie only and has no server-side state; \
                 use client-side state, or register a session store"
            }
            Self::Other => "the session store failed",
        }
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.message())?;
        match self.operation {
            Some(operation) => write!(f, " (operation: {operation})"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_of_a_store_error_leaves_its_cause_to_source() {
        let error = StoreError::new(StoreErrorKind::Unavailable, "refused").during("load");
        assert_eq!(
            error.to_string(),
            "the session store is not available (operation: load)"
        );
        assert_eq!(error.source().unwrap().to_string(), "refused");
        assert_eq!(error.kind(), StoreErrorKind::Unavailable);
    }
}
