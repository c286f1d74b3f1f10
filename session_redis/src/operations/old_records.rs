use std::collections::BTreeSet;
use std::num::NonZeroU32;
use std::sync::Arc;

use redis::cmd;
use session::SessionId;
use session::store::{DeletionCursor, DeletionStep, StoreError, StoreErrorKind, to_micros};
use time::UtcDateTime;

use super::keyspace::Keyspace;
use super::walk::Place;
use crate::record::numbers::ordered;
use crate::scripts::DELETE_CREATED_UNTIL;
use crate::topology::server::Server;
use crate::topology::survey::Survey;

/// The records that were created before some time, found by a walk through the keys of all servers.
///
/// `SCAN` returns each key that is there during a whole walk, also one that is written meanwhile.
/// Its cursor is valid for one process of the server. A key that moves between servers during the
/// walk may be missed. So the walk begins again if a server or the map of slots has changed.
pub(crate) struct OldRecords {
    keyspace: Arc<Keyspace>,
}

/// The number of keys that Redis looks at in one step, while other commands wait.
const STEP: u32 = 500;

impl OldRecords {
    pub(super) fn new(keyspace: Arc<Keyspace>) -> Self {
        Self { keyspace }
    }

    /// Deletes the records in the next part of the walk that were created up to this time.
    pub(crate) async fn delete(
        &self,
        until: UtcDateTime,
        batch: NonZeroU32,
        from: Option<&DeletionCursor>,
    ) -> Result<DeletionStep, StoreError> {
        let survey = Survey::of(&self.keyspace.topology).await?;
        let mut place = place_in(&survey, from)?;
        let deleted = self.walk(&survey, &mut place, until, batch).await?;
        let next = self.next_place(&survey, place).await?;
        let next = next.map(Place::into_cursor);
        Ok(DeletionStep { deleted, next })
    }

    /// Deletes about a batch of records from this place on, or all until the end. Returns their
    /// number.
    async fn walk(
        &self,
        survey: &Survey,
        place: &mut Place,
        until: UtcDateTime,
        batch: NonZeroU32,
    ) -> Result<u64, StoreError> {
        let mut deleted = 0;
        for _ in 0..batch.get().div_ceil(STEP) {
            let Some(server) = survey.servers().get(place.server()) else {
                break;
            };
            let (next, keys) = self.scan(server, place.cursor(), batch).await?;
            deleted += self.delete_of(&keys, until).await?;
            place.advance(next);
        }
        Ok(deleted)
    }

    /// Returns `None` at the end of the walk, if nothing has changed since it began.
    async fn next_place(&self, survey: &Survey, place: Place) -> Result<Option<Place>, StoreError> {
        if place.server() < survey.servers().len() {
            return Ok(Some(place));
        }
        let survey = Survey::of(&self.keyspace.topology).await?;
        match place.belongs_to(&survey) {
            true => Ok(None),
            false => restart(place, &survey).map(Some),
        }
    }

    async fn delete_of(&self, keys: &[Vec<u8>], until: UtcDateTime) -> Result<u64, StoreError> {
        let ids = keys.iter().filter_map(|key| self.keyspace.prefix.id(key));
        let ids: BTreeSet<SessionId> = ids.collect();
        let time = ordered(to_micros(until));
        let deletion = self
            .keyspace
            .delete_where(&DELETE_CREATED_UNTIL, &ids, &time);
        deletion.await
    }

    /// Returns the next cursor, and some keys of records.
    async fn scan(
        &self,
        server: &Server,
        cursor: u64,
        batch: NonZeroU32,
    ) -> Result<(u64, Vec<Vec<u8>>), StoreError> {
        let mut scan = cmd("SCAN");
        scan.arg(cursor);
        scan.arg("MATCH").arg(self.keyspace.prefix.pattern());
        scan.arg("COUNT").arg(batch.get().min(STEP));
        self.keyspace.topology.query_at(server, &scan).await
    }
}

/// Returns the place of the cursor, or the beginning if the servers have changed since.
fn place_in(survey: &Survey, from: Option<&DeletionCursor>) -> Result<Place, StoreError> {
    match from.map(Place::parse).transpose()? {
        None => Ok(Place::start_of(survey)),
        Some(place) if place.belongs_to(survey) => Ok(place),
        Some(place) => restart(place, survey),
    }
}

fn restart(place: Place, survey: &Survey) -> Result<Place, StoreError> {
    let restarted = place.restarted(survey);
    restarted.ok_or_else(|| StoreError::new(StoreErrorKind::Unavailable, KeepsChanging))
}

#[derive(Debug, thiserror::Error)]
#[error(
    "the servers or their slots changed {max} times during the walk through all records: repeat the \
     deletion when they are stable",
    max = Place::MAX_RESTARTS
)]
struct KeepsChanging;
