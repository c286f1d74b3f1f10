//! The index by principal: for each principal a key that lists sessions which may be theirs.
//!
//! It is on another server than the records, perhaps, so it cannot change together with them. It is derived from
//! them, and one rule keeps it good: **a record with a principal is listed, from before it is written until after
//! it is gone.** So the index may list a session that is not there, or is another's; those who read it look at the
//! records, and remove such entries. But it never hides one.
//!
//! An entry has the id and the moment when it was added. Whoever is about to write a record adds an entry first,
//! and the record is written only while the entry is [fresh](FRESH). Who reads the index removes an entry only if it was
//! [stale](STALE) when the index was read and no such record was there after that: then none comes any more that relies
//! on this entry. One that comes later relies on an entry of its own, with a later moment, which is another one. So
//! nobody has to know of others, and it does not matter who is first.
//!
//! The moments are those of the server with the index, and whether the entry is fresh is judged by the server with
//! the record. Their clocks may differ by half a minute.
//!
//! The score of an entry is when it may be forgotten: long after the deadline of the record, so that a record that
//! lives on does not have to be listed again each time that its deadline moves. The record tells until when it is
//! listed, and the script that moves its deadline beyond that asks for a new entry first.

use std::collections::BTreeSet;
use std::time::Duration;

use session::SessionId;
use session::store::{StoreError, StoreErrorKind};
use uuid::Uuid;

/// How long after it was added an entry is good for the record that is to be written.
pub(crate) const FRESH: Duration = Duration::from_secs(30);

/// How old an entry has to be so that no record can be written any more that relies on it.
pub(crate) const STALE: Duration = Duration::from_secs(60);

/// An entry that was added for a record which is about to be written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Listing {
    /// How long the entry is kept, in microseconds since 1970.
    pub(crate) until: i64,
    /// Until when the record may be written, in milliseconds since 1970.
    pub(crate) fresh_until: i64,
}

/// How long an entry is to be kept for a record with these times, all in microseconds since 1970.
///
/// Five times as long as the session has to live without activity. The deadline is extended a few times in that
/// span, each time by less than it; so of twenty extensions one adds an entry.
pub(crate) fn entry_until(last_active_at: i64, deadline: i64) -> i64 {
    const LEAST: i64 = 3_600_000_000;
    let life = deadline.saturating_sub(last_active_at);
    deadline.saturating_add(life.saturating_mul(4).max(LEAST))
}

/// Microseconds as milliseconds, rounded up.
pub(crate) fn millis(micros: i64) -> i64 {
    micros.div_euclid(1_000).saturating_add(1)
}

/// What is in an index.
#[derive(Debug)]
pub(crate) struct Entries {
    /// When it was read, in milliseconds since 1970.
    time: i64,
    entries: Vec<Entry>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    id: SessionId,
    added: i64,
    /// As it stands in the index.
    member: Vec<u8>,
}

impl Entries {
    /// The answer of the script [`LISTED`](crate::scripts::LISTED).
    pub(crate) fn parse((time, members): (i64, Vec<Vec<u8>>)) -> Result<Self, StoreError> {
        let entries = members.into_iter().map(|member| {
            let entry = Entry::parse(&member);
            entry.ok_or_else(|| StoreError::new(StoreErrorKind::InvalidRecord, InvalidEntry))
        });
        Ok(Self {
            time,
            entries: entries.collect::<Result<_, _>>()?,
        })
    }

    /// The sessions that are listed, in the order of their ids.
    pub(crate) fn ids(&self) -> BTreeSet<SessionId> {
        self.entries.iter().map(|entry| entry.id).collect()
    }

    /// What may be removed, given the sessions that were found to belong to the principal.
    pub(crate) fn dead(&self, alive: &BTreeSet<SessionId>) -> Vec<Vec<u8>> {
        let is_dead = |entry: &&Entry| {
            let stale = STALE.as_millis().try_into().unwrap_or(i64::MAX);
            entry.added.saturating_add(stale) < self.time && !alive.contains(&entry.id)
        };
        let dead = self.entries.iter().filter(is_dead);
        dead.map(|entry| entry.member.clone()).collect()
    }
}

impl Entry {
    fn parse(member: &[u8]) -> Option<Self> {
        let (id, added) = member.split_first_chunk::<16>()?;
        Some(Self {
            id: SessionId::try_from(Uuid::from_bytes(*id)).ok()?,
            added: i64::from_be_bytes(added.try_into().ok()?),
            member: member.to_owned(),
        })
    }
}

#[derive(Debug, thiserror::Error)]
#[error("an entry of the index by principal has no valid value")]
struct InvalidEntry;

#[cfg(test)]
mod tests {
    use time::UtcDateTime;

    use super::*;
    use crate::codec::micros;

    const NOW: i64 = 4_102_444_800_000;

    fn entry(n: u64, age: Duration) -> Vec<u8> {
        let added = NOW - i64::try_from(age.as_millis()).unwrap();
        let id = session_conformance::id(n).as_uuid().into_bytes();
        [&id[..], &added.to_be_bytes()].concat()
    }

    #[test]
    fn only_a_stale_entry_of_no_session_is_dead() {
        let a_little = Duration::from_millis(1);
        let [fresh, stale, alive] = [
            entry(1, STALE),
            entry(2, STALE + a_little),
            entry(3, STALE * 2),
        ];
        let entries = Entries::parse((NOW, vec![fresh, stale.clone(), alive])).unwrap();
        assert_eq!(entries.ids().len(), 3);
        let alive = BTreeSet::from([session_conformance::id(3)]);
        assert_eq!(entries.dead(&alive), vec![stale]);
    }

    #[test]
    fn a_record_is_written_long_before_its_entry_is_stale() {
        assert!(FRESH * 2 <= STALE);
    }

    #[test]
    fn an_entry_outlives_its_record() {
        let start = session_conformance::start();
        for seconds in [-5, 0, 1, 86_400, 2_600_000] {
            let deadline = start + time::Duration::seconds(seconds);
            let until = entry_until(micros(start), micros(deadline));
            assert!(until >= micros(deadline) + 3_600_000_000);
            assert!(millis(until) > crate::codec::expiry(deadline));
        }
        assert!(
            entry_until(micros(UtcDateTime::MIN), micros(UtcDateTime::MAX))
                > micros(UtcDateTime::MAX)
        );
    }
}
