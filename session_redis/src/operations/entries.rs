use std::time::Duration;

use session::SessionId;
use uuid::Uuid;

/// The age after which no record can be written any more that relies on an entry.
pub(super) const STALE_AFTER: Duration = Duration::from_secs(60);

/// The entries of an index.
#[derive(Debug)]
pub(super) struct Entries {
    /// The time at which the index was read, in milliseconds since 1970.
    time: i64,
    /// In the order of their ids.
    entries: Vec<Entry>,
    /// The entries that this library did not write.
    foreign: Vec<Vec<u8>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    id: SessionId,
    /// The time at which the entry was added, in milliseconds since 1970.
    added: i64,
    /// The bytes of the entry.
    member: Vec<u8>,
}

impl Entries {
    /// Parses the answer of the script [`ENTRIES`](crate::scripts::ENTRIES).
    pub(super) fn parse((time, members): (i64, Vec<Vec<u8>>)) -> Self {
        let mut parsed = Self {
            time,
            entries: Vec::with_capacity(members.len()),
            foreign: Vec::new(),
        };
        for member in members {
            match Entry::parse(member) {
                Ok(entry) => parsed.entries.push(entry),
                Err(member) => parsed.foreign.push(member),
            }
        }
        parsed.entries.sort_unstable_by_key(|entry| entry.id);
        parsed
    }

    /// The entries that this library did not write. They may be removed.
    pub(super) fn foreign(&self) -> Vec<&[u8]> {
        self.foreign.iter().map(Vec::as_slice).collect()
    }

    /// The sessions that are listed, in the order of their ids.
    pub(super) fn ids(&self) -> Vec<SessionId> {
        let mut ids: Vec<_> = self.entries.iter().map(|entry| entry.id).collect();
        ids.dedup();
        ids
    }

    /// The entries that may be removed, if these listed sessions do not belong to the owner.
    pub(super) fn dead(&self, gone: &[SessionId]) -> Vec<&[u8]> {
        let stale_after = STALE_AFTER.as_millis().try_into().unwrap_or(i64::MAX);
        let is_stale = |entry: &&Entry| entry.added.saturating_add(stale_after) < self.time;
        let entries = gone.iter().flat_map(|id| self.of(*id));
        let dead = entries.filter(is_stale);
        dead.map(|entry| entry.member.as_slice()).collect()
    }

    /// The entries of a session.
    fn of(&self, id: SessionId) -> &[Entry] {
        let first = self.entries.partition_point(|entry| entry.id < id);
        let count = self.entries[first..].partition_point(|entry| entry.id == id);
        &self.entries[first..first + count]
    }
}

impl Entry {
    /// # Errors
    ///
    /// Returns the member if it is not an entry of this library.
    fn parse(member: Vec<u8>) -> Result<Self, Vec<u8>> {
        match parts(&member) {
            Some((id, added)) => Ok(Self { id, added, member }),
            None => Err(member),
        }
    }
}

fn parts(member: &[u8]) -> Option<(SessionId, i64)> {
    let (id, added) = member.split_first_chunk::<16>()?;
    let id = SessionId::try_from(Uuid::from_bytes(*id)).ok()?;
    Some((id, i64::from_be_bytes(added.try_into().ok()?)))
}

#[cfg(test)]
mod tests {
    use super::super::registration::Registration;
    use super::*;

    const NOW: i64 = 4_102_444_800_000;

    fn entry(n: u64, age: Duration) -> Vec<u8> {
        let added = NOW - i64::try_from(age.as_millis()).unwrap();
        let id = session_conformance::id(n).as_uuid().into_bytes();
        [&id[..], &added.to_be_bytes()].concat()
    }

    #[test]
    fn only_a_stale_entry_without_a_session_is_dead() {
        let a_little = Duration::from_millis(1);
        let recent = entry(1, STALE_AFTER);
        let stale = entry(2, STALE_AFTER + a_little);
        let alive = entry(3, STALE_AFTER * 2);
        let entries = Entries::parse((NOW, vec![alive, stale.clone(), recent]));
        let ids = [1, 2, 3].map(session_conformance::id);
        assert_eq!(entries.ids(), ids);
        assert_eq!(entries.dead(&ids[..2]), [&stale[..]]);
    }

    #[test]
    fn all_entries_of_a_session_that_is_gone_are_dead() {
        let ages = [2, 3, 4].map(|factor| STALE_AFTER * factor);
        let mut members = ages.map(|age| entry(2, age)).to_vec();
        members.extend([entry(1, ages[0]), entry(3, ages[0])]);
        let entries = Entries::parse((NOW, members.clone()));
        assert_eq!(entries.ids().len(), 3);
        let mut dead = entries.dead(&[session_conformance::id(2)]);
        dead.sort_unstable();
        members.truncate(3);
        members.sort_unstable();
        assert_eq!(dead, members);
    }

    #[test]
    fn an_entry_of_another_form_may_be_removed_and_hides_no_other() {
        let alive = [session_conformance::id(3)];
        for member in [
            b"ada".to_vec(),
            vec![0; 24],
            entry(1, STALE_AFTER)[..20].into(),
        ] {
            let members = vec![member.clone(), entry(3, STALE_AFTER * 2)];
            let entries = Entries::parse((NOW, members));
            assert_eq!(entries.ids(), alive);
            assert_eq!(entries.foreign(), [&member[..]]);
        }
    }

    #[test]
    fn a_registration_is_invalid_long_before_its_entry_is_stale() {
        assert!(Registration::VALID_FOR * 2 <= STALE_AFTER);
    }
}
