use std::cmp::Reverse;
use std::collections::binary_heap::{BinaryHeap, PeekMut};

use session::SessionId;
use session::store::SessionRecord;
use time::UtcDateTime;

/// The order in which records expire.
///
/// There is an entry for each record, which is not later than its deadline; a touch leaves it in
/// place. Entries of removed records may remain.
#[derive(Default)]
pub(crate) struct Deadlines {
    anonymous: Heap,
    owned: Heap,
}

type Heap = BinaryHeap<Reverse<(UtcDateTime, SessionId)>>;

impl Deadlines {
    pub(crate) fn push(&mut self, record: &SessionRecord) {
        let heap = match record.principal {
            None => &mut self.anonymous,
            Some(_) => &mut self.owned,
        };
        heap.push(Reverse((record.expires_at, record.id)));
    }

    /// Returns the record with the earliest deadline, if that is at or before `before`.
    pub(crate) fn earliest<'r>(
        &mut self,
        before: UtcDateTime,
        record: impl Fn(SessionId) -> Option<&'r SessionRecord>,
    ) -> Option<(UtcDateTime, SessionId)> {
        let owned = first(&mut self.owned, before, |id| {
            record(id).filter(|record| record.principal.is_some())
        });
        let anonymous = self.earliest_anonymous(before, record);
        owned.into_iter().chain(anonymous).min()
    }

    /// Returns the record with the earliest deadline of those without a principal, if that is at or
    /// before `before`.
    pub(crate) fn earliest_anonymous<'r>(
        &mut self,
        before: UtcDateTime,
        record: impl Fn(SessionId) -> Option<&'r SessionRecord>,
    ) -> Option<(UtcDateTime, SessionId)> {
        first(&mut self.anonymous, before, |id| {
            record(id).filter(|record| record.principal.is_none())
        })
    }

    pub(crate) fn len(&self) -> usize {
        self.anonymous.len() + self.owned.len()
    }

    pub(crate) fn capacity(&self) -> usize {
        self.anonymous.capacity() + self.owned.capacity()
    }
}

impl<'r> FromIterator<&'r SessionRecord> for Deadlines {
    fn from_iter<I: IntoIterator<Item = &'r SessionRecord>>(records: I) -> Self {
        let mut deadlines = Self::default();
        for record in records {
            deadlines.push(record);
        }
        deadlines
    }
}

/// Returns the first entry, once it agrees with its record. Entries of other records are dropped.
fn first<'r>(
    heap: &mut Heap,
    before: UtcDateTime,
    record: impl Fn(SessionId) -> Option<&'r SessionRecord>,
) -> Option<(UtcDateTime, SessionId)> {
    loop {
        let mut first = heap.peek_mut()?;
        let Reverse((deadline, id)) = *first;
        if deadline > before {
            return None;
        }
        match record(id) {
            Some(record) if record.expires_at == deadline => return Some((deadline, id)),
            Some(record) => first.0.0 = record.expires_at,
            None => _ = PeekMut::pop(first),
        }
    }
}
