use std::cmp::Reverse;
use std::collections::binary_heap::{BinaryHeap, PeekMut};
use std::collections::{BTreeSet, HashMap, hash_map::Entry};
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;

use session::store::{Extension, ReplaceOutcome, Revision, SessionRecord, TouchOutcome};
use session::{Principal, SessionId};
use time::UtcDateTime;

/// Some of the records, with their indexes.
///
/// The indexes are changed together with the records, under the one lock of the shard.
#[derive(Default)]
pub(crate) struct Shard {
    /// Shared with the requests that wrote or loaded them.
    records: HashMap<SessionId, Arc<SessionRecord>, BuildHasherDefault<IdHasher>>,
    /// For each record an entry that is not later than its deadline; a touch does not move it.
    /// There may be more, of records that were removed.
    by_deadline: BinaryHeap<Reverse<(UtcDateTime, SessionId)>>,
    /// Only of records that have a principal.
    by_principal: BTreeSet<(Principal, SessionId)>,
    insertions: usize,
}

impl Shard {
    pub(crate) fn get(&self, id: SessionId) -> Option<&Arc<SessionRecord>> {
        self.records.get(&id)
    }

    /// Inserts a record, if its id is free and there is room.
    pub(crate) fn insert(
        &mut self,
        record: &Arc<SessionRecord>,
        reserve: impl FnOnce() -> bool,
    ) -> Insertion {
        let id = record.id;
        let Entry::Vacant(slot) = self.records.entry(id) else {
            return Insertion::DuplicateId;
        };
        if !reserve() {
            return Insertion::Full;
        }
        slot.insert(record.clone());
        self.insertions = self.insertions.wrapping_add(1);
        self.by_deadline.push(Reverse((record.expires_at, id)));
        if let Some(principal) = &record.principal {
            self.by_principal.insert((principal.clone(), id));
        }
        Insertion::Inserted
    }

    pub(crate) fn replace(
        &mut self,
        new: &Arc<SessionRecord>,
        expected: Revision,
    ) -> ReplaceOutcome {
        let Some(stored) = self.records.get_mut(&new.id) else {
            return ReplaceOutcome::Gone;
        };
        if stored.revision != expected {
            return ReplaceOutcome::Conflict;
        }
        let old = std::mem::replace(stored, new.clone());
        extend(stored, old.expires_at, old.last_active_at);
        if old.principal != new.principal {
            self.move_owner(new.id, old.principal.as_ref(), new.principal.as_ref());
        }
        ReplaceOutcome::Replaced
    }

    pub(crate) fn touch(&mut self, id: SessionId, extension: Extension) -> TouchOutcome {
        let Some(stored) = self.records.get_mut(&id) else {
            return TouchOutcome::Gone;
        };
        extend(stored, extension.expires_at, extension.last_active_at);
        TouchOutcome::Touched
    }

    /// How many records were ever inserted.
    pub(crate) fn insertions(&self) -> usize {
        self.insertions
    }

    /// Returns whether there was such a record.
    pub(crate) fn remove(&mut self, id: SessionId) -> bool {
        let Entry::Occupied(entry) = self.records.entry(id) else {
            return false;
        };
        let record = entry.remove();
        if let Some(principal) = &record.principal {
            self.by_principal.remove(&(principal.clone(), id));
        }
        self.give_back_memory();
        true
    }

    /// The record with the earliest deadline, if that is at or before `before`.
    pub(crate) fn earliest(&mut self, before: UtcDateTime) -> Option<(UtcDateTime, SessionId)> {
        loop {
            let mut first = self.by_deadline.peek_mut()?;
            let Reverse((deadline, id)) = *first;
            if deadline > before {
                return None;
            }
            match self.records.get(&id) {
                Some(record) if record.expires_at == deadline => return Some((deadline, id)),
                Some(record) => first.0.0 = record.expires_at,
                None => _ = PeekMut::pop(first),
            }
        }
    }

    /// Removes at most `limit` records whose deadline is at or before `before`. Returns how many.
    pub(crate) fn remove_earliest(&mut self, before: UtcDateTime, limit: usize) -> usize {
        let expired = std::iter::from_fn(|| {
            let (_, id) = self.earliest(before)?;
            self.remove(id).then_some(())
        });
        expired.take(limit).count()
    }

    /// In the order of their ids.
    pub(crate) fn ids_of(&self, principal: &Principal) -> impl Iterator<Item = SessionId> {
        self.by_principal
            .range((principal.clone(), lowest_id())..)
            .take_while(move |(owner, _)| owner == principal)
            .map(|(_, id)| *id)
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.records.len()
    }

    #[cfg(test)]
    pub(crate) fn capacity(&self) -> usize {
        self.records.capacity().max(self.by_deadline.capacity())
    }

    fn move_owner(&mut self, id: SessionId, old: Option<&Principal>, new: Option<&Principal>) {
        if let Some(principal) = old {
            self.by_principal.remove(&(principal.clone(), id));
        }
        if let Some(principal) = new {
            self.by_principal.insert((principal.clone(), id));
        }
    }

    /// After a flood of sessions, the tables do not stay as large as they were then.
    fn give_back_memory(&mut self) {
        const SMALL: usize = 1_024;
        let len = self.records.len();
        if self.records.capacity() > SMALL && len < self.records.capacity() / 8 {
            self.records.shrink_to(len * 2);
        }
        let entries = &self.by_deadline;
        if entries.capacity() > SMALL && len < entries.len().max(entries.capacity() / 4) / 2 {
            let records = self.records.values();
            let deadlines = records.map(|record| Reverse((record.expires_at, record.id)));
            self.by_deadline = deadlines.collect();
        }
    }
}

/// Moves the deadline and the time of the last activity, neither of which goes back.
fn extend(record: &mut Arc<SessionRecord>, expires_at: UtcDateTime, last_active_at: UtcDateTime) {
    if record.expires_at < expires_at || record.last_active_at < last_active_at {
        let record = Arc::make_mut(record);
        record.expires_at = record.expires_at.max(expires_at);
        record.last_active_at = record.last_active_at.max(last_active_at);
    }
}

fn lowest_id() -> SessionId {
    let id = "00000000-0000-7000-0000-000000000000".parse();
    id.expect("it is a UUID of version 7")
}

/// What became of an insertion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Insertion {
    Inserted,
    DuplicateId,
    Full,
}

/// An id is random already: nobody outside can choose the ids that reach a store, since they come from
/// authentic tokens.
#[derive(Default)]
pub(crate) struct IdHasher(u64);

impl Hasher for IdHasher {
    fn write(&mut self, id: &[u8]) {
        let random = id.last_chunk().copied().map_or(0, u64::from_be_bytes);
        // The lowest bits are the same throughout a shard, the two highest in all ids. So they end up
        // where a hash table does not look.
        self.0 = random.rotate_left(32);
    }

    fn write_usize(&mut self, _length: usize) {}

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use std::hash::BuildHasher;

    use super::*;

    #[test]
    fn ids_of_one_shard_have_hashes_that_differ_where_a_table_looks() {
        let ids = (0..64_u128).map(|n| (0x7000_8000 << 64) | (n << 32) | 5);
        let ids = ids.map(uuid_v7);
        let hash = |id: SessionId| BuildHasherDefault::<IdHasher>::default().hash_one(id);
        let hashes: std::collections::HashSet<_> = ids.map(|id| hash(id) & 63).collect();
        assert_eq!(hashes.len(), 64);
    }

    fn uuid_v7(bits: u128) -> SessionId {
        let hex = format!("{bits:032x}");
        let id = format!(
            "{}-{}-7{}-8{}-{}",
            &hex[..8],
            &hex[8..12],
            &hex[13..16],
            &hex[17..20],
            &hex[20..]
        );
        id.parse().unwrap()
    }
}
