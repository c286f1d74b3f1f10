use session::store::{SessionRecord, StoreError, StoreErrorKind};

/// The reason why a stored record cannot be read.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unreadable {
    #[error(
        "the record has version {0}; this release reads version {version}",
        version = SessionRecord::VERSION
    )]
    Version(u8),
    #[error("the field `{0}` of the record has no valid value")]
    Field(&'static str),
}

impl From<Unreadable> for StoreError {
    fn from(unreadable: Unreadable) -> Self {
        Self::new(StoreErrorKind::InvalidRecord, unreadable)
    }
}
