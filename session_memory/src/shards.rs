use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use session::store::{SessionRecord, SessionSummary};
use session::{Clock, Principal, SessionId};
use time::UtcDateTime;

use crate::shard::{Insertion, Shard};

/// All records.
///
/// An operation on one record locks its shard. One on many records locks all shards, in order, so that
/// it is atomic too, and no two of them wait for each other in a circle.
pub(crate) struct Shards {
    shards: [Mutex<Shard>; Shards::COUNT],
    /// How many records there are, or are about to be.
    len: AtomicUsize,
    max_len: usize,
    clock: Clock,
}

/// One in so many insertions into a shard drops expired records on the way.
const CLEANING_INSERTION: usize = 16;
/// At most so many: more than were added since the last time, so that they become fewer.
const DROPPED_ON_THE_WAY: usize = 2 * CLEANING_INSERTION;
/// So many expired records an insertion drops if there is no room.
const DROPPED_FOR_ROOM: u64 = 100;

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

    /// The shard that has the record with that id, if there is one; locked.
    pub(crate) fn of(&self, id: SessionId) -> MutexGuard<'_, Shard> {
        // The lowest bits of an id are random.
        self.lock((id.as_uuid().as_u128() % Self::COUNT as u128) as usize)
    }

    pub(crate) fn insert(&self, record: &Arc<SessionRecord>) -> Insertion {
        loop {
            {
                let mut shard = self.of(record.id);
                match shard.insert(record, || self.reserve()) {
                    Insertion::Full => {}
                    Insertion::DuplicateId => return Insertion::DuplicateId,
                    Insertion::Inserted => {
                        if shard.insertions().is_multiple_of(CLEANING_INSERTION) {
                            let dropped =
                                shard.remove_earliest(self.clock.now(), DROPPED_ON_THE_WAY);
                            self.release(dropped);
                        }
                        return Insertion::Inserted;
                    }
                }
            }
            if self.remove_earliest(self.clock.now(), DROPPED_FOR_ROOM) == 0 {
                return Insertion::Full;
            }
        }
    }

    pub(crate) fn remove(&self, id: SessionId) {
        let mut shard = self.of(id);
        if shard.remove(id) {
            self.release(1);
        }
    }

    /// Removes at most `limit` records whose deadline is at or before `before`, earliest first.
    /// Returns how many.
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

    /// Removes records of one shard that have expired, at most `limit`. Returns how many.
    pub(crate) fn remove_expired_of(&self, shard: usize, limit: usize) -> usize {
        let now = self.clock.now();
        let mut shard = self.lock(shard);
        let removed = shard.remove_earliest(now, limit);
        self.release(removed);
        removed
    }

    pub(crate) fn summaries_of(&self, principal: &Principal) -> Vec<SessionSummary> {
        let shards = self.lock_all();
        let mut summaries: Vec<_> = shards
            .iter()
            .flat_map(|shard| shard.ids_of(principal).filter_map(|id| shard.get(id)))
            .map(|record| record.summary())
            .collect();
        summaries.sort_unstable_by_key(|summary| summary.id);
        summaries
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

    /// Counts one more record, unless there are too many.
    fn reserve(&self) -> bool {
        let more = |len| (len < self.max_len).then_some(len + 1);
        self.len
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, more)
            .is_ok()
    }

    fn release(&self, records: usize) {
        self.len.fetch_sub(records, Ordering::Relaxed);
    }

    /// Each change is complete when its lock is released, so that a panic elsewhere in a thread that
    /// holds the lock spoils nothing.
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
    use std::sync::Arc;

    use session_conformance::RecordBuilder;

    use super::*;

    #[test]
    fn records_are_spread_over_all_shards() {
        let shards = Shards::new(usize::MAX, Clock::system());
        for n in 0..3_200_u64 {
            // As random as the lower half of a real id.
            let random = n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 2;
            shards.insert(&RecordBuilder::new(random).build());
        }
        for shard in 0..Shards::COUNT {
            let len = shards.lock(shard).len();
            assert!((50..200).contains(&len), "{len} of 3200 in shard {shard}");
        }
    }

    #[test]
    fn a_lock_poisoned_by_a_panic_is_a_lock() {
        let shards = Arc::new(Shards::new(usize::MAX, Clock::system()));
        let record = RecordBuilder::new(1).build();
        shards.insert(&record);
        let other = shards.clone();
        let panicked = std::thread::spawn(move || {
            let _locked = other.lock_all();
            panic!("while all shards are locked");
        });
        assert!(panicked.join().is_err());
        assert_eq!(shards.of(record.id).get(record.id), Some(&record));
        assert_eq!(shards.remove_earliest(record.expires_at, 10), 1);
    }

    #[test]
    fn an_emptied_store_gives_its_memory_back() {
        let shards = Shards::new(usize::MAX, Clock::system());
        let records = |n| RecordBuilder::new(n).principal("ada").build();
        (0..100_000).for_each(|n| {
            shards.insert(&records(n));
        });
        let full = shards.lock(0).capacity();
        assert_eq!(
            shards.remove_earliest(records(0).expires_at, 99_900),
            99_900
        );
        let emptied = shards.lock(0).capacity();
        assert!(emptied < full / 2, "{emptied} of {full}");
        assert_eq!(shards.len(), 100);
    }

    #[test]
    fn sessions_that_come_and_go_leave_nothing_behind() {
        let shards = Shards::new(usize::MAX, Clock::system());
        for n in 0..100_000 {
            let record = RecordBuilder::new(n).build();
            shards.insert(&record);
            shards.remove(record.id);
        }
        let left: usize = (0..Shards::COUNT).map(|n| shards.lock(n).capacity()).sum();
        assert!(left <= Shards::COUNT * 2_048, "{left}");
    }
}
