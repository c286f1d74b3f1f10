//! The fields at the beginning of each value, in their order.
//!
//! They are in the same place in all versions of the format, so that each release can list, extend
//! and delete the records of every other release. The scripts get their offsets from here.

use std::ops::Range;

/// The version of the format.
pub(crate) const VERSION: Field = Field { offset: 0, len: 1 };

/// The revision, as [`ordered`](super::numbers::ordered) writes it; so are the times that follow.
pub(crate) const REVISION: Field = VERSION.then(8);

/// The time of the last activity.
pub(crate) const LAST_ACTIVE: Field = REVISION.then(8);

/// The deadline.
pub(crate) const DEADLINE: Field = LAST_ACTIVE.then(8);

/// The time until which the indexes list the session; zeros if none does.
pub(crate) const REGISTERED_UNTIL: Field = DEADLINE.then(8);

/// The time of creation.
pub(crate) const CREATED: Field = REGISTERED_UNTIL.then(8);

/// The hash of the secret.
pub(crate) const SECRET: Field = CREATED.then(32);

/// The length of the principal, which follows: 0 for none. After it come the length of the origin,
/// which is 0 for none, and the origin.
pub(crate) const PRINCIPAL_LEN: Field = SECRET.then(1);

/// The length of the head of a session without a principal and without an origin.
pub(crate) const MIN_LEN: usize = PRINCIPAL_LEN.end() + 1;

/// The length of the head with the longest principal and an origin.
pub(crate) const MAX_LEN: usize = MIN_LEN + u8::MAX as usize + 16;

/// A part of a value with a fixed place.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Field {
    offset: usize,
    len: usize,
}

impl Field {
    /// The field that follows this one.
    const fn then(self, len: usize) -> Self {
        let offset = self.end();
        Self { offset, len }
    }

    /// The part from this field to `last`, with both of them.
    pub(crate) const fn through(self, last: Self) -> Self {
        Self {
            offset: self.offset,
            len: last.end() - self.offset,
        }
    }

    /// The number of bytes before the field.
    pub(crate) const fn offset(self) -> usize {
        self.offset
    }

    const fn end(self) -> usize {
        self.offset + self.len
    }

    /// The place of the field in a value.
    pub(crate) const fn range(self) -> Range<usize> {
        self.offset..self.end()
    }
}

/// The principal of a value, without its length; `None` if the value is too short.
pub(crate) fn principal_of(value: &[u8]) -> Option<&[u8]> {
    let (length, rest) = value.get(PRINCIPAL_LEN.offset..)?.split_first()?;
    rest.get(..usize::from(*length))
}

#[cfg(test)]
mod tests {
    use session::Principal;

    use super::super::owners::principal_field;
    use super::*;

    /// Other releases read and write these bytes.
    #[test]
    fn each_field_is_in_the_place_that_all_releases_share() {
        assert_eq!(VERSION.range(), 0..1);
        assert_eq!(REVISION.range(), 1..9);
        assert_eq!(LAST_ACTIVE.range(), 9..17);
        assert_eq!(DEADLINE.range(), 17..25);
        assert_eq!(REGISTERED_UNTIL.range(), 25..33);
        assert_eq!(CREATED.range(), 33..41);
        assert_eq!(SECRET.range(), 41..73);
        assert_eq!(PRINCIPAL_LEN.range(), 73..74);
        assert_eq!(LAST_ACTIVE.through(REGISTERED_UNTIL).range(), 9..33);
        assert_eq!((MIN_LEN, MAX_LEN), (75, 346));
    }

    #[test]
    fn a_principal_is_found_in_a_value_that_has_it_whole() {
        let principal = Principal::new("ada").unwrap();
        let head = [&[7; 73], &*principal_field(Some(&principal)), b"rest"].concat();
        assert_eq!(principal_of(&head), Some(&b"ada"[..]));
        assert_eq!(principal_of(&head[..76]), None);
        assert_eq!(principal_of(&head[..73]), None);
        let nobody = [&[7; 73], &*principal_field(None)].concat();
        assert_eq!(principal_of(&nobody), Some(&b""[..]));
    }
}
