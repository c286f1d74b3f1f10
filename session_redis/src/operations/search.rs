//! The search for the records that expire first.

use std::collections::BTreeSet;
use std::num::NonZeroU32;

use redis::{Cmd, cmd};
use session::SessionId;
use session::store::{StoreError, to_micros};
use time::UtcDateTime;

use super::keyspace::Keyspace;
use crate::record::head;
use crate::record::numbers::number;
use crate::topology::server::Server;

/// The number of keys that Redis looks at in one step, while other commands wait.
const STEP: u32 = 500;

/// Finds the records with a deadline up to this time; those that expire first, if there are more
/// than the batch.
pub(super) async fn earliest_deadlines(
    keyspace: &Keyspace,
    before: UtcDateTime,
    batch: NonZeroU32,
) -> Result<BTreeSet<SessionId>, StoreError> {
    let mut search = Search {
        keyspace,
        latest: to_micros(before),
        batch: usize::try_from(batch.get()).unwrap_or(usize::MAX),
        found: BTreeSet::new(),
    };
    let servers = keyspace
        .topology
        .query_masters::<String>(&cmd("PING"))
        .await?;
    for (server, _) in servers {
        search.look_through(&server).await?;
    }
    Ok(search.found.into_iter().map(|(_, id)| id).collect())
}

struct Search<'k> {
    keyspace: &'k Keyspace,
    /// The latest deadline to find, in microseconds since 1970.
    latest: i64,
    batch: usize,
    /// The records that were found, in the order of their deadlines.
    found: BTreeSet<(i64, SessionId)>,
}

impl Search<'_> {
    async fn look_through(&mut self, server: &Server) -> Result<(), StoreError> {
        let topology = &self.keyspace.topology;
        let mut cursor = 0_u64;
        loop {
            let scan = self.scan(cursor);
            let (next, keys): (u64, Vec<Vec<u8>>) = topology.query_at(server, &scan).await?;
            self.consider_all(&keys).await?;
            if next == 0 {
                return Ok(());
            }
            cursor = next;
        }
    }

    async fn consider_all(&mut self, keys: &[Vec<u8>]) -> Result<(), StoreError> {
        let ids = keys.iter().filter_map(|key| self.keyspace.prefix.id(key));
        let ids: Vec<_> = ids.collect();
        let commands: Vec<_> = ids.iter().map(|id| self.get_deadline(*id)).collect();
        let topology = &self.keyspace.topology;
        let deadlines = topology.query_all::<Vec<u8>>(&commands).await?;
        for (id, deadline) in ids.into_iter().zip(deadlines) {
            self.consider(id, &deadline);
        }
        Ok(())
    }

    fn scan(&self, cursor: u64) -> Cmd {
        let mut scan = cmd("SCAN");
        scan.arg(cursor);
        scan.arg("MATCH").arg(self.keyspace.prefix.pattern());
        scan.arg("COUNT").arg(STEP);
        scan
    }

    fn get_deadline(&self, id: SessionId) -> Cmd {
        let place = head::DEADLINE.range();
        let mut range = cmd("GETRANGE");
        range.arg(self.keyspace.prefix.record(id));
        range.arg(place.start).arg(place.end - 1);
        range
    }

    /// Keeps the record if it is one of those that expire first. The deadline of a record that is
    /// gone is empty.
    fn consider(&mut self, id: SessionId, deadline: &[u8]) {
        let Ok(deadline) = deadline.try_into().map(number) else {
            return;
        };
        if deadline > self.latest {
            return;
        }
        self.found.insert((deadline, id));
        if self.found.len() > self.batch {
            self.found.pop_last();
        }
    }
}
