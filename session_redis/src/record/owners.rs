//! The principal and the origin of a record, by which the indexes list it.

use session::Principal;
use session::store::{OriginHash, SessionRecord};

/// The principal and the origin of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Owners {
    pub(crate) principal: Option<Principal>,
    pub(crate) origin: Option<OriginHash>,
}

impl Owners {
    pub(crate) fn of(record: &SessionRecord) -> Self {
        Self {
            principal: record.principal.clone(),
            origin: record.origin,
        }
    }

    /// Returns them as they are in a head.
    pub(crate) fn field(&self) -> Vec<u8> {
        let mut field = principal_field(self.principal.as_ref());
        field.extend(origin_field(self.origin.as_ref()));
        field
    }

    /// Returns `true` if no index lists the record.
    pub(crate) fn are_none(&self) -> bool {
        self.principal.is_none() && self.origin.is_none()
    }
}

/// A principal as it is in a head: its length, and its bytes.
pub(crate) fn principal_field(principal: Option<&Principal>) -> Vec<u8> {
    field(principal.map_or(b"", |it| it.as_str().as_bytes()))
}

/// An origin as it is in a head: its length, and its bytes.
pub(crate) fn origin_field(origin: Option<&OriginHash>) -> Vec<u8> {
    field(origin.map_or(b"", |it| it.as_bytes()))
}

fn field(bytes: &[u8]) -> Vec<u8> {
    // A principal has 255 bytes at most, and an origin 16.
    let length = u8::try_from(bytes.len()).unwrap_or(u8::MAX);
    [&[length], bytes].concat()
}
