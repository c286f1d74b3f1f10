use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use session::store::{OriginHash, Page, SecretHash, SessionRecord, SessionSummary};
use session::{Clock, Principal, SessionId};
use time::UtcDateTime;

use crate::shard::{Insertion, Shard};

/// All records, spread over shards by their ids.
///
/// An operation on one record locks its shard. An operation on many records locks all shards, in
/// order: this makes it atomic, and two such operations cannot deadlock.
pub(crate) struct Shards {
    shards: [Mutex<Shard>; Shards::COUNT],
    /// The number of records, including those that are being inserted.
    len: AtomicUsize,
    max_len: usize,
    clock: Clock,
}

/// Every insertion of this number into a shard removes expired records from it.
const CLEANING_INSERTION: usize = 16;

/// The limit of such a removal. It exceeds the number of insertions since the previous removal, so
/// the number of expired records shrinks.
const CLEANING_LIMIT: usize = 2 * CLEANING_INSERTION;

/// The number of expired records that an insertion into a full store removes.
const REMOVED_FOR_ROOM: u64 = 100;

impl Shards {
    pub(crate) const COUNT: usize = 32;

    pub(crate) fn new(max_len: usize, clock: Clock) -> Self {
        Self {
            shards: Default::default(),
            len: AtomicUsize::new(0),
            max_len,
            clock,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.len.load(Ordering::Relaxed)
    }

    /// Locks and returns the shard that is responsible for `id`.
    pub(crate) fn shard_of(&self, id: SessionId) -> MutexGuard<'_, Shard> {
        // The lowest bits of an id are random.
        self.lock((id.as_uuid().as_u128() % Self::COUNT as u128) as usize)
    }

    /// Inserts a record, after making room if the store is full.
    pub(crate) fn insert(&self, record: &Arc<SessionRecord>) -> Insertion {
        loop {
            let insertion = self.insert_if_room(record);
            if insertion != Insertion::Full || !self.make_room() {
                return insertion;
            }
        }
    }

    /// Removes expired records, or the record without a principal that expires first. Returns
    /// `true` if it removed one.
    fn make_room(&self) -> bool {
        self.remove_earliest(self.clock.now(), REMOVED_FOR_ROOM) > 0 || self.remove_anonymous()
    }

    fn remove_anonymous(&self) -> bool {
        let mut shards = self.lock_all();
        let firsts = shards.iter_mut().enumerate().filter_map(|(n, shard)| {
            let (deadline, id) = shard.earliest_anonymous()?;
            Some((deadline, id, n))
        });
        let Some((_, id, n)) = firsts.min() else {
            return false;
        };
        let removed = shards[n].remove(id);
        self.release(usize::from(removed));
        removed
    }

    fn insert_if_room(&self, record: &Arc<SessionRecord>) -> Insertion {
        let mut shard = self.shard_of(record.id);
        let insertion = shard.insert(record, || self.reserve());
        if insertion == Insertion::Inserted && shard.insertions().is_multiple_of(CLEANING_INSERTION)
        {
            let removed = shard.remove_earliest(self.clock.now(), CLEANING_LIMIT);
            self.release(removed);
        }
        insertion
    }

    /// Removes a record, if it has the expected secret. Returns `true` if it removed one.
    pub(crate) fn remove(&self, id: SessionId, expected: Option<&SecretHash>) -> bool {
        let mut shard = self.shard_of(id);
        let stored = shard.get(id).map(|record| record.secret);
        let removed = expected.is_none_or(|it| stored == Some(*it)) && shard.remove(id);
        self.release(usize::from(removed));
        removed
    }

    /// Removes at most `limit` records whose deadline is at or before `before`, earliest first.
    /// Returns the number of removed records.
    pub(crate) fn remove_earliest(&self, before: UtcDateTime, limit: u64) -> u64 {
        let mut shards = self.lock_all();
        let first_of = |(n, shard): (usize, &mut MutexGuard<'_, Shard>)| {
            shard
                .earliest(before)
                .map(|(deadline, id)| Reverse((deadline, id, n)))
        };
        let mut firsts: BinaryHeap<_> =
            shards.iter_mut().enumerate().filter_map(first_of).collect();
        let mut removed = 0;
        while removed < limit
            && let Some(Reverse((_, id, n))) = firsts.pop()
        {
            shards[n].remove(id);
            self.release(1);
            removed += 1;
            firsts.extend(first_of((n, &mut shards[n])));
        }
        removed
    }

    /// Removes at most `limit` expired records of one shard. Returns the number of removed records.
    pub(crate) fn remove_expired_of(&self, shard: usize, limit: usize) -> usize {
        let now = self.clock.now();
        let mut shard = self.lock(shard);
        let removed = shard.remove_earliest(now, limit);
        self.release(removed);
        removed
    }

    /// Removes at most `limit` records of one shard that were created at or before `until`. Returns
    /// the number of removed records, and the shard that comes next.
    pub(crate) fn remove_created_until(
        &self,
        until: UtcDateTime,
        shard: usize,
        limit: usize,
    ) -> (u64, Option<u8>) {
        let shard = shard.min(Self::COUNT - 1);
        let removed = self.lock(shard).remove_created_until(until, limit);
        self.release(removed);
        let next = if removed < limit { shard + 1 } else { shard };
        // A `usize` has at most 64 bits.
        let removed = u64::try_from(removed).unwrap_or(u64::MAX);
        (removed, Self::existing(next))
    }

    /// Returns the ids in one shard, and the shard that comes next.
    pub(crate) fn ids_in(&self, shard: usize) -> (Vec<SessionId>, Option<u8>) {
        let shard = shard.min(Self::COUNT - 1);
        (self.lock(shard).ids().collect(), Self::existing(shard + 1))
    }

    /// Returns the summary of a record.
    pub(crate) fn summary(&self, id: SessionId) -> Option<SessionSummary> {
        let shard = self.shard_of(id);
        shard.get(id).map(|record| record.summary())
    }

    /// Returns the number of a shard in its form in a cursor; `None` after the last one.
    fn existing(shard: usize) -> Option<u8> {
        let shard = u8::try_from(shard).ok()?;
        (usize::from(shard) < Self::COUNT).then_some(shard)
    }

    pub(crate) fn summaries_of(&self, principal: &Principal, page: Page) -> Vec<SessionSummary> {
        let shards = self.lock_all();
        let of_shard = |shard| Shard::ids_after(shard, principal, page.after).take(page.max_len());
        let ids = shards.iter().map(|shard| of_shard(shard));
        let mut found: Vec<_> = ids
            .enumerate()
            .flat_map(|(n, ids)| ids.map(move |id| (id, n)))
            .collect();
        found.sort_unstable();
        found.truncate(page.max_len());
        let records = found.into_iter().filter_map(|(id, n)| shards[n].get(id));
        records.map(|record| record.summary()).collect()
    }

    pub(crate) fn remove_all_of(&self, principal: &Principal, except: Option<SessionId>) -> u64 {
        let mut removed = 0;
        for shard in &mut self.lock_all() {
            let ids: Vec<_> = shard.ids_of(principal).collect();
            for id in ids.into_iter().filter(|id| Some(*id) != except) {
                shard.remove(id);
                self.release(1);
                removed += 1;
            }
        }
        removed
    }

    pub(crate) fn remove_all_of_origin(&self, origin: &OriginHash) -> u64 {
        let mut removed = 0;
        for shard in &mut self.lock_all() {
            removed += shard.remove_all_of_origin(origin);
        }
        self.release(removed);
        // A `usize` has at most 64 bits.
        u64::try_from(removed).unwrap_or(u64::MAX)
    }

    /// Counts one more record. Returns `false` if the limit has been reached.
    fn reserve(&self) -> bool {
        let more = |len| (len < self.max_len).then_some(len + 1);
        self.len
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, more)
            .is_ok()
    }

    fn release(&self, records: usize) {
        self.len.fetch_sub(records, Ordering::Relaxed);
    }

    /// Ignores poisoning: no operation panics halfway through a change of a shard, so the shard is
    /// consistent even if a thread panicked while it held the lock.
    fn lock(&self, shard: usize) -> MutexGuard<'_, Shard> {
        self.shards[shard]
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn lock_all(&self) -> Vec<MutexGuard<'_, Shard>> {
        (0..Self::COUNT).map(|shard| self.lock(shard)).collect()
    }
}

#[cfg(test)]
mod tests {
    use session::store::{Lifetime, Revision, SerializedState};

    use super::*;

    fn unlimited() -> Shards {
        Shards::new(usize::MAX, Clock::system())
    }

    /// A record whose id has a lower half that is as random as that of a real id.
    fn record(n: u64) -> Arc<SessionRecord> {
        let random = n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 2;
        let (high, low) = (0x8000 | (random >> 48), random & 0xffff_ffff_ffff);
        let id = format!("00000000-0000-7000-{high:04x}-{low:012x}");
        let time = UtcDateTime::from_unix_timestamp(4_102_444_800).unwrap();
        Arc::new(SessionRecord {
            id: id.parse().unwrap(),
            revision: Revision::FIRST,
            secret: SecretHash::from_bytes([0; 32]),
            secret_issued_at: time,
            previous_secret: None,
            principal: Some(Principal::new("ada").unwrap()),
            created_at: time,
            authenticated_at: None,
            last_active_at: time,
            expires_at: time,
            label: None,
            stamp: None,
            origin: None,
            lifetime: Lifetime::Ordinary,
            state: SerializedState::from_json("{}"),
        })
    }

    #[test]
    fn records_are_spread_evenly_over_all_shards() {
        let shards = unlimited();
        for n in 0..3_200 {
            shards.insert(&record(n));
        }
        for shard in 0..Shards::COUNT {
            let len = shards.lock(shard).len();
            assert!((50..200).contains(&len), "{len} of 3200 in shard {shard}");
        }
    }

    #[test]
    fn shards_stay_usable_after_a_panic_while_they_were_locked() {
        let shards = Arc::new(unlimited());
        let record = record(1);
        shards.insert(&record);
        let other = shards.clone();
        let panicked = std::thread::spawn(move || {
            let _locked = other.lock_all();
            panic!("while all shards are locked");
        });
        assert!(panicked.join().is_err());
        assert_eq!(shards.shard_of(record.id).get(record.id), Some(&record));
        assert_eq!(shards.remove_earliest(record.expires_at, 10), 1);
    }

    #[test]
    fn a_store_releases_memory_when_most_records_are_removed() {
        let shards = unlimited();
        for n in 0..100_000 {
            shards.insert(&record(n));
        }
        let full = shards.lock(0).capacity();
        let removed = shards.remove_earliest(record(0).expires_at, 99_900);
        assert_eq!(removed, 99_900);
        let emptied = shards.lock(0).capacity();
        assert!(emptied < full / 2, "{emptied} of {full}");
        assert_eq!(shards.len(), 100);
    }

    #[test]
    fn memory_does_not_grow_with_sessions_that_come_and_go() {
        let shards = unlimited();
        for n in 0..100_000 {
            let record = record(n);
            shards.insert(&record);
            shards.remove(record.id, None);
        }
        let left: usize = (0..Shards::COUNT).map(|n| shards.lock(n).capacity()).sum();
        assert!(left <= Shards::COUNT * 2_048, "{left}");
    }
}
