use std::collections::{HashMap, hash_map::Entry};
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;

use session::store::{
    Extension, OriginHash, ReplaceOutcome, Revision, SecretHash, SessionRecord, TouchOutcome,
};
use session::{Principal, SessionId};
use time::UtcDateTime;

use crate::deadlines::Deadlines;
use crate::owners::Owners;

/// A part of the records, with their indexes.
///
/// The indexes are changed together with the records, under the lock of the shard.
#[derive(Default)]
pub(crate) struct Shard {
    /// The records, shared with the requests that wrote or loaded them.
    records: HashMap<SessionId, Arc<SessionRecord>, BuildHasherDefault<IdHasher>>,
    by_deadline: Deadlines,
    owners: Owners,
    /// The number of records that were ever inserted.
    insertions: usize,
}

impl Shard {
    pub(crate) fn get(&self, id: SessionId) -> Option<&Arc<SessionRecord>> {
        self.records.get(&id)
    }

    /// Inserts a record if its id is free and `reserve` returns `true`.
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
        self.by_deadline.push(record);
        self.owners.add(record);
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
        if old.principal != new.principal || old.origin != new.origin {
            self.owners.remove(&old);
            self.owners.add(new);
        }
        if old.principal.is_some() != new.principal.is_some() {
            self.by_deadline.push(new);
        }
        ReplaceOutcome::Replaced
    }

    pub(crate) fn touch(
        &mut self,
        id: SessionId,
        expected: &SecretHash,
        extension: Extension,
    ) -> TouchOutcome {
        let Some(stored) = self.records.get_mut(&id) else {
            return TouchOutcome::Gone;
        };
        if stored.secret != *expected {
            return TouchOutcome::Superseded;
        }
        extend(stored, extension.expires_at, extension.last_active_at);
        TouchOutcome::Touched
    }

    /// Returns the number of records that were ever inserted.
    pub(crate) fn insertions(&self) -> usize {
        self.insertions
    }

    /// Removes a record. Returns `true` if there was one with that id.
    pub(crate) fn remove(&mut self, id: SessionId) -> bool {
        let Entry::Occupied(entry) = self.records.entry(id) else {
            return false;
        };
        let record = entry.remove();
        self.owners.remove(&record);
        self.shrink_to_fit();
        true
    }

    /// Returns the record with the earliest deadline if that is at or before `before`.
    pub(crate) fn earliest(&mut self, before: UtcDateTime) -> Option<(UtcDateTime, SessionId)> {
        let record = |id| self.records.get(&id).map(Arc::as_ref);
        self.by_deadline.earliest(before, record)
    }

    /// Returns the record without a principal that has the earliest deadline of those.
    pub(crate) fn earliest_anonymous(&mut self) -> Option<(UtcDateTime, SessionId)> {
        let record = |id| self.records.get(&id).map(Arc::as_ref);
        self.by_deadline
            .earliest_anonymous(UtcDateTime::MAX, record)
    }

    /// Removes at most `limit` records whose deadline is at or before `before`. Returns the number
    /// of removed records.
    pub(crate) fn remove_earliest(&mut self, before: UtcDateTime, limit: usize) -> usize {
        let expired = std::iter::from_fn(|| {
            let (_, id) = self.earliest(before)?;
            self.remove(id).then_some(())
        });
        expired.take(limit).count()
    }

    /// Removes at most `limit` records that were created at or before `until`. Returns the number
    /// of removed records.
    pub(crate) fn remove_created_until(&mut self, until: UtcDateTime, limit: usize) -> usize {
        let old = self.records.values().filter(|it| it.created_at <= until);
        let ids: Vec<_> = old.map(|record| record.id).take(limit).collect();
        ids.into_iter().filter(|id| self.remove(*id)).count()
    }

    /// Returns the ids of all records.
    pub(crate) fn ids(&self) -> impl Iterator<Item = SessionId> {
        self.records.keys().copied()
    }

    /// Returns the ids of the sessions that belong to `principal`, in ascending order.
    pub(crate) fn ids_of(&self, principal: &Principal) -> impl Iterator<Item = SessionId> {
        self.owners.ids_after(principal, None)
    }

    /// Returns those of them that are greater than `after`.
    pub(crate) fn ids_after(
        &self,
        principal: &Principal,
        after: Option<SessionId>,
    ) -> impl Iterator<Item = SessionId> {
        self.owners.ids_after(principal, after)
    }

    /// Removes the sessions that have this origin. Returns their number.
    pub(crate) fn remove_all_of_origin(&mut self, origin: &OriginHash) -> usize {
        let ids: Vec<_> = self.owners.ids_from(origin).collect();
        ids.into_iter().filter(|id| self.remove(*id)).count()
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.records.len()
    }

    #[cfg(test)]
    pub(crate) fn capacity(&self) -> usize {
        self.records.capacity().max(self.by_deadline.capacity())
    }

    /// Shrinks the tables once most of a flood of sessions is gone.
    fn shrink_to_fit(&mut self) {
        const SMALL: usize = 1_024;
        let len = self.records.len();
        if self.records.capacity() > SMALL && len < self.records.capacity() / 8 {
            self.records.shrink_to(len * 2);
        }
        let entries = &self.by_deadline;
        if entries.capacity() > SMALL && len < entries.len().max(entries.capacity() / 4) / 2 {
            let records = self.records.values();
            self.by_deadline = records.map(Arc::as_ref).collect();
        }
    }
}

/// Moves the deadline and the time of the last activity forward, never back.
fn extend(record: &mut Arc<SessionRecord>, expires_at: UtcDateTime, last_active_at: UtcDateTime) {
    if record.expires_at < expires_at || record.last_active_at < last_active_at {
        let record = Arc::make_mut(record);
        record.expires_at = record.expires_at.max(expires_at);
        record.last_active_at = record.last_active_at.max(last_active_at);
    }
}

/// The outcome of an insertion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Insertion {
    Inserted,
    DuplicateId,
    Full,
}

/// Uses the random part of an id as its hash.
///
/// Clients cannot choose ids that collide: the ids that reach a store come from authentic tokens.
#[derive(Default)]
pub(crate) struct IdHasher(u64);

impl Hasher for IdHasher {
    fn write(&mut self, id: &[u8]) {
        let random = id.last_chunk().copied().map_or(0, u64::from_be_bytes);
        // The lowest bits are equal within a shard, and the two highest bits in all ids. The
        // rotation moves them to positions that a hash table does not use.
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
    fn ids_of_one_shard_have_hashes_that_differ_in_the_bits_a_table_uses() {
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
