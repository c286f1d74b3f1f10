use std::collections::{BTreeSet, HashMap, hash_map::Entry};
use std::hash::{BuildHasherDefault, Hasher};

use session::store::{Extension, ReplaceOutcome, Revision, SessionRecord, TouchOutcome};
use session::{Principal, SessionId};
use time::UtcDateTime;

/// Some of the records, with their indexes.
///
/// The indexes are changed together with the records, under the one lock of the shard.
#[derive(Default)]
pub(crate) struct Shard {
    /// Boxed, so that the free slots of the table are small.
    records: HashMap<SessionId, Box<SessionRecord>, BuildHasherDefault<IdHasher>>,
    by_deadline: BTreeSet<(UtcDateTime, SessionId)>,
    /// Only of records that have a principal.
    by_principal: BTreeSet<(Principal, SessionId)>,
}

impl Shard {
    pub(crate) fn get(&self, id: SessionId) -> Option<&SessionRecord> {
        self.records.get(&id).map(|record| &**record)
    }

    /// Inserts a record under an id that is free.
    pub(crate) fn insert(&mut self, record: &SessionRecord) {
        let id = record.id;
        self.by_deadline.insert((record.expires_at, id));
        if let Some(principal) = &record.principal {
            self.by_principal.insert((principal.clone(), id));
        }
        self.records.insert(id, Box::new(record.clone()));
    }

    pub(crate) fn replace(&mut self, new: &SessionRecord, expected: Revision) -> ReplaceOutcome {
        let Some(stored) = self.records.get_mut(&new.id) else {
            return ReplaceOutcome::Gone;
        };
        if stored.revision != expected {
            return ReplaceOutcome::Conflict;
        }
        let merged = SessionRecord {
            expires_at: new.expires_at.max(stored.expires_at),
            last_active_at: new.last_active_at.max(stored.last_active_at),
            ..new.clone()
        };
        let deadlines = (stored.expires_at, merged.expires_at);
        let old = std::mem::replace(&mut **stored, merged);
        self.move_deadline(new.id, deadlines);
        self.move_owner(new.id, old.principal, new.principal.as_ref());
        ReplaceOutcome::Replaced
    }

    pub(crate) fn touch(&mut self, id: SessionId, extension: Extension) -> TouchOutcome {
        let Some(stored) = self.records.get_mut(&id) else {
            return TouchOutcome::Gone;
        };
        let deadlines = (
            stored.expires_at,
            stored.expires_at.max(extension.expires_at),
        );
        stored.expires_at = deadlines.1;
        stored.last_active_at = stored.last_active_at.max(extension.last_active_at);
        self.move_deadline(id, deadlines);
        TouchOutcome::Touched
    }

    /// Returns whether there was such a record.
    pub(crate) fn remove(&mut self, id: SessionId) -> bool {
        let Entry::Occupied(entry) = self.records.entry(id) else {
            return false;
        };
        let record = entry.remove();
        self.by_deadline.remove(&(record.expires_at, id));
        if let Some(principal) = record.principal {
            self.by_principal.remove(&(principal, id));
        }
        self.give_back_memory();
        true
    }

    /// The record with the earliest deadline, if that is at or before `before`.
    pub(crate) fn earliest(&self, before: UtcDateTime) -> Option<(UtcDateTime, SessionId)> {
        let first = self.by_deadline.first().copied();
        first.filter(|(deadline, _)| *deadline <= before)
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
        assert_eq!(self.records.len(), self.by_deadline.len());
        self.records.len()
    }

    #[cfg(test)]
    pub(crate) fn capacity(&self) -> usize {
        self.records.capacity()
    }

    fn move_deadline(&mut self, id: SessionId, (old, new): (UtcDateTime, UtcDateTime)) {
        if old != new {
            self.by_deadline.remove(&(old, id));
            self.by_deadline.insert((new, id));
        }
    }

    fn move_owner(&mut self, id: SessionId, old: Option<Principal>, new: Option<&Principal>) {
        if old.as_ref() == new {
            return;
        }
        if let Some(principal) = old {
            self.by_principal.remove(&(principal, id));
        }
        if let Some(principal) = new {
            self.by_principal.insert((principal.clone(), id));
        }
    }

    /// After a flood of sessions, the table does not stay as large as it was then.
    fn give_back_memory(&mut self) {
        const SMALL: usize = 1_024;
        if self.records.capacity() > SMALL && self.records.len() < self.records.capacity() / 8 {
            self.records.shrink_to(self.records.len() * 2);
        }
    }
}

fn lowest_id() -> SessionId {
    let id = "00000000-0000-7000-0000-000000000000".parse();
    id.expect("it is a UUID of version 7")
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
