use session::store::{StoreError, WalkCursor};
use sqlx::types::Uuid;

use crate::codec::Value;

/// A range of ids: those after `after`, up to `last`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct IdRange {
    after: Uuid,
    last: Uuid,
}

impl IdRange {
    /// Returns the range of all ids up to `last`, or of all ids.
    pub(crate) fn up_to(last: Option<Uuid>) -> Self {
        Self {
            after: Uuid::nil(),
            last: last.unwrap_or(Uuid::max()),
        }
    }

    pub(crate) fn values(&self) -> [Value<'static>; 2] {
        [Value::Id(self.after), Value::Id(self.last)]
    }

    /// Ends the range at this id, and returns the part after it, if there is one.
    pub(crate) fn split_off(&mut self, at: Option<Uuid>) -> Option<Self> {
        let at = at.filter(|at| *at < self.last)?;
        let rest = Self { after: at, ..*self };
        self.last = at;
        Some(rest)
    }
}

impl From<IdRange> for WalkCursor {
    fn from(range: IdRange) -> Self {
        Self::new([range.after.into_bytes(), range.last.into_bytes()].concat())
    }
}

impl TryFrom<&WalkCursor> for IdRange {
    type Error = StoreError;

    fn try_from(cursor: &WalkCursor) -> Result<Self, StoreError> {
        let bytes: [u8; 32] = cursor.to_array()?;
        let id_at = |offset| Uuid::from_bytes(std::array::from_fn(|n| bytes[offset + n]));
        Ok(Self {
            after: id_at(0),
            last: id_at(16),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_walked_through_up_to_its_last_id() {
        let ids = [5, 9].map(Uuid::from_u128);
        let mut range = IdRange::up_to(Some(ids[1]));
        let mut rest = range.split_off(Some(ids[0])).unwrap();
        assert_eq!((range.after, range.last), (Uuid::nil(), ids[0]));
        assert_eq!((rest.after, rest.last), (ids[0], ids[1]));
        for end in [None, Some(ids[1]), Some(Uuid::max())] {
            assert_eq!(rest.split_off(end), None);
            assert_eq!(rest.last, ids[1]);
        }
    }

    #[test]
    fn a_range_is_read_back_from_its_cursor() {
        let mut range = IdRange::up_to(Some(Uuid::from_u128(u128::MAX / 3)));
        let rest = range.split_off(Some(Uuid::from_u128(7 << 70))).unwrap();
        let cursor = WalkCursor::from(rest);
        assert_eq!(IdRange::try_from(&cursor).unwrap(), rest);
        assert!(IdRange::try_from(&WalkCursor::new([0; 31])).is_err());
    }
}
