use std::error::Error;
use std::fmt;

/// A store operation failed.
///
/// The cause is opaque: see [`kind`](Self::kind) for what a caller can act on, and
/// [`source`](std::error::Error::source) for the log. It never contains a secret or a state value;
/// backends must not put any into the causes they report.
#[derive(Debug, thiserror::Error)]
pub struct StoreError {
    kind: StoreErrorKind,
    operation: Option<&'static str>,
    source: Option<Box<dyn Error + Send + Sync>>,
}

/// What kind of failure a [`StoreError`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoreErrorKind {
    /// No answer within the time limit. Whether a write took effect is unknown.
    Timeout,
    /// The store cannot be reached, has no free connection, or refuses to work.
    Unavailable,
    /// The store has no room for another record.
    Full,
    /// A stored record cannot be read: damaged, or of a newer version.
    InvalidRecord,
    /// The store has no such operation.
    Unsupported,
    /// Any other failure.
    Other,
}

impl StoreError {
    /// A failure of the given kind, with its cause.
    pub fn new(kind: StoreErrorKind, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self {
            kind,
            operation: None,
            source: Some(source.into()),
        }
    }

    /// What kind of failure it is.
    pub fn kind(&self) -> StoreErrorKind {
        self.kind
    }

    pub(crate) fn timeout() -> Self {
        Self {
            kind: StoreErrorKind::Timeout,
            operation: None,
            source: None,
        }
    }

    pub(crate) fn unsupported() -> Self {
        Self {
            kind: StoreErrorKind::Unsupported,
            operation: None,
            source: None,
        }
    }

    pub(crate) fn during(mut self, operation: &'static str) -> Self {
        self.operation = Some(operation);
        self
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            StoreErrorKind::Timeout => "the session store did not answer in time",
            StoreErrorKind::Unavailable => "the session store is not available",
            StoreErrorKind::Full => "the session store is full",
            StoreErrorKind::InvalidRecord => "a stored session record cannot be read",
            StoreErrorKind::Unsupported => {
                "this application keeps its sessions in the cookie only: it has no server-side state; \
                 use client-side state, or register a session store"
            }
            StoreErrorKind::Other => "the session store failed",
        })?;
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
    fn the_message_has_its_own_level_only() {
        let error = StoreError::new(StoreErrorKind::Unavailable, "refused").during("load");
        assert_eq!(
            error.to_string(),
            "the session store is not available (operation: load)"
        );
        assert_eq!(error.source().unwrap().to_string(), "refused");
        assert_eq!(error.kind(), StoreErrorKind::Unavailable);
    }
}
