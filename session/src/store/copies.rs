//! Copies of records that were loaded a moment ago, for reads without a round trip.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::record::SessionRecord;
use crate::token::SessionId;

/// The number of counters of changes. A session shares its counter with a few others, whose changes
/// cost it a load now and then.
const COUNTERS: usize = 16 * 1024;
const SHARDS: usize = 16;
/// The number of copies in a generation of a shard.
const MAX_COPIES: usize = 512;
/// The number of bytes that the states in a generation of a shard may have.
const MAX_BYTES: usize = 1024 * 1024;

/// Copies of the records that this process has loaded.
///
/// A copy counts for a limited time from the beginning of its load. It counts only if no operation
/// of this process that may change its record has begun or ended since that beginning. So it does
/// not matter which one is faster, a load or the end of the session: the comparison is made when
/// the copy is read.
///
/// Nothing is kept, and nothing is counted, before somebody asks for a copy.
#[derive(Default)]
pub(super) struct Copies(OnceLock<Table>);

struct Table {
    /// The number of times at which a change of a session began or ended.
    changes: Vec<AtomicU64>,
    /// As `changes`, for operations that may end any session.
    changes_of_all: AtomicU64,
    shards: [Mutex<Shard>; SHARDS],
}

/// Two generations of copies. Once the younger one is full, it takes the place of the older one.
#[derive(Default)]
struct Shard {
    young: Generation,
    old: Generation,
}

#[derive(Default)]
struct Generation {
    copies: HashMap<SessionId, Copy>,
    bytes: usize,
    /// The beginning of the first load.
    since: Option<Instant>,
}

struct Copy {
    record: Arc<SessionRecord>,
    mark: Mark,
}

/// The beginning of a load.
#[derive(Clone, Copy)]
struct Mark {
    begun_at: Instant,
    /// The values of the counters.
    changes: [u64; 2],
}

/// A load that has begun.
pub(super) struct Loading<'a> {
    table: &'a Table,
    id: SessionId,
    mark: Mark,
}

/// An operation under way that may change or end sessions: one of them, or any.
pub(super) struct Changing<'a> {
    copies: &'a Copies,
    id: Option<SessionId>,
}

impl Copies {
    /// Returns the record of a load that began less than `max_age` ago.
    pub(super) fn get(&self, id: SessionId, max_age: Duration) -> Option<Arc<SessionRecord>> {
        let table = self.0.get_or_init(Table::default);
        // The counter is read last: an operation that has ended by now was seen.
        let (record, mark) = table.copy(id)?;
        table.counts(id, mark, max_age).then_some(record)
    }

    /// Notes the beginning of a load, if copies are in use.
    pub(super) fn begin(&self, id: SessionId) -> Option<Loading<'_>> {
        let table = self.0.get()?;
        let mark = Mark {
            begun_at: Instant::now(),
            changes: table.changes(id),
        };
        Some(Loading { table, id, mark })
    }

    /// Notes the beginning of an operation that may change a record. Its end is noted when the
    /// result is dropped: also if the operation fails, panics or reaches its time limit.
    pub(super) fn changing(&self, id: SessionId) -> Changing<'_> {
        self.changing_any(Some(id))
    }

    /// As [`changing`](Self::changing), for an operation that may end any session.
    pub(super) fn changing_all(&self) -> Changing<'_> {
        self.changing_any(None)
    }

    fn changing_any(&self, id: Option<SessionId>) -> Changing<'_> {
        self.note_change(id);
        Changing { copies: self, id }
    }

    fn note_change(&self, id: Option<SessionId>) {
        // A table that is made later has no copy from before this moment.
        let Some(table) = self.0.get() else { return };
        match id {
            Some(id) => table.note_change(id),
            None => increment(&table.changes_of_all),
        }
    }
}

impl Drop for Changing<'_> {
    fn drop(&mut self) {
        self.copies.note_change(self.id);
    }
}

impl Loading<'_> {
    /// Keeps the outcome of the load.
    pub(super) fn end(self, loaded: Option<&Arc<SessionRecord>>, max_age: Duration) {
        match loaded {
            Some(record) => self.table.keep(self.id, self.mark, record, max_age),
            // Another process has ended the session.
            None => self.table.note_change(self.id),
        }
    }
}

impl Table {
    fn changes(&self, id: SessionId) -> [u64; 2] {
        [self.counter(id), &self.changes_of_all].map(|counter| counter.load(Ordering::SeqCst))
    }

    fn note_change(&self, id: SessionId) {
        increment(self.counter(id));
    }

    fn counter(&self, id: SessionId) -> &AtomicU64 {
        &self.changes[random_bits(id) % COUNTERS]
    }

    fn shard(&self, id: SessionId) -> &Mutex<Shard> {
        &self.shards[random_bits(id) % SHARDS]
    }

    fn copy(&self, id: SessionId) -> Option<(Arc<SessionRecord>, Mark)> {
        let shard = self.shard(id).lock();
        let shard = shard.unwrap_or_else(PoisonError::into_inner);
        let copy = shard.get(id)?;
        Some((copy.record.clone(), copy.mark))
    }

    /// Returns `true` if a load that began at `mark` may still be used.
    fn counts(&self, id: SessionId, mark: Mark, max_age: Duration) -> bool {
        mark.changes == self.changes(id) && mark.begun_at.elapsed() < max_age
    }

    fn keep(&self, id: SessionId, mark: Mark, record: &Arc<SessionRecord>, max_age: Duration) {
        if !self.counts(id, mark, max_age) {
            return;
        }
        let record = record.clone();
        let shard = self.shard(id).lock();
        let mut shard = shard.unwrap_or_else(PoisonError::into_inner);
        let forgotten = shard.insert(id, Copy { record, mark }, max_age);
        drop(shard);
        // It may have many copies, whose memory is returned without the lock.
        drop(forgotten);
    }
}

impl Default for Table {
    fn default() -> Self {
        Self {
            changes: (0..COUNTERS).map(|_| AtomicU64::new(0)).collect(),
            changes_of_all: AtomicU64::new(0),
            shards: std::array::from_fn(|_| Mutex::default()),
        }
    }
}

impl Shard {
    fn get(&self, id: SessionId) -> Option<&Copy> {
        let young = self.young.copies.get(&id);
        young.or_else(|| self.old.copies.get(&id))
    }

    /// Adds a copy, unless there is one whose load began later. Returns the copies that have to go.
    fn insert(&mut self, id: SessionId, copy: Copy, max_age: Duration) -> Generation {
        let mut forgotten = Generation::default();
        let is_later = |other: &Copy| other.mark.begun_at > copy.mark.begun_at;
        if copy.len() > MAX_BYTES || self.get(id).is_some_and(is_later) {
            return forgotten;
        }
        if !self.young.has_room(&copy, max_age) {
            let old = std::mem::take(&mut self.young);
            forgotten = std::mem::replace(&mut self.old, old);
        }
        self.young.insert(id, copy);
        forgotten
    }
}

impl Generation {
    fn has_room(&self, copy: &Copy, max_age: Duration) -> bool {
        let is_old = self.since.is_some_and(|since| since.elapsed() >= max_age);
        !is_old && self.copies.len() < MAX_COPIES && self.bytes + copy.len() <= MAX_BYTES
    }

    fn insert(&mut self, id: SessionId, copy: Copy) {
        self.since.get_or_insert(copy.mark.begun_at);
        self.bytes += copy.len();
        let before = self.copies.insert(id, copy);
        self.bytes -= before.as_ref().map_or(0, Copy::len);
    }
}

impl Copy {
    fn len(&self) -> usize {
        self.record.state.as_json().len()
    }
}

impl fmt::Debug for Copies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let in_use = self.0.get().is_some();
        f.debug_struct("Copies")
            .field("in_use", &in_use)
            .finish_non_exhaustive()
    }
}

fn increment(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::SeqCst);
}

/// The last bytes of an id are random.
fn random_bits(id: SessionId) -> usize {
    let [.., a, b] = *id.as_uuid().as_bytes();
    usize::from(u16::from_be_bytes([a, b]))
}

#[cfg(test)]
mod tests;
