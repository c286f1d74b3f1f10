use std::collections::BTreeSet;
use std::num::NonZeroU32;

use redis::cmd;
use session::SessionId;
use session::store::{StoreError, StoreErrorKind, WalkCursor};

use super::keyspace::Keyspace;
use super::place::Place;
use crate::topology::server::Server;
use crate::topology::survey::Survey;

/// One step of a walk through the keys of all servers.
///
/// `SCAN` returns each key that is there during a whole walk, also one that is written meanwhile.
/// Its cursor is valid for one process of the server. A key that moves between servers during the
/// walk may be missed. So the walk begins again if a server or the map of slots has changed.
pub(super) struct Walk<'k> {
    keyspace: &'k Keyspace,
    survey: Survey,
    place: Place,
    batch: NonZeroU32,
    /// The number of calls of `SCAN` that are left in this step.
    calls_left: u32,
}

/// The number of keys that Redis looks at in one call, while other commands wait.
const KEYS_OF_CALL: u32 = 500;

impl<'k> Walk<'k> {
    /// Begins a step of about a batch of keys at the cursor, or at the beginning.
    pub(super) async fn resume(
        keyspace: &'k Keyspace,
        batch: NonZeroU32,
        from: Option<&WalkCursor>,
    ) -> Result<Self, StoreError> {
        let survey = Survey::of(&keyspace.topology).await?;
        Ok(Self {
            keyspace,
            place: place_in(&survey, from)?,
            survey,
            batch,
            calls_left: batch.get().div_ceil(KEYS_OF_CALL),
        })
    }

    /// Returns the next ids of records; `None` at the end of the step.
    pub(super) async fn next_ids(&mut self) -> Result<Option<BTreeSet<SessionId>>, StoreError> {
        let server = self.survey.servers().get(self.place.server());
        let Some(server) = server.filter(|_| self.calls_left > 0) else {
            return Ok(None);
        };
        let (next, keys) = self.scan(server).await?;
        self.calls_left -= 1;
        self.place.advance(next);
        let ids = keys.iter().filter_map(|key| self.keyspace.prefix.id(key));
        Ok(Some(ids.collect()))
    }

    /// Returns the next cursor, and some keys of records.
    async fn scan(&self, server: &Server) -> Result<(u64, Vec<Vec<u8>>), StoreError> {
        let mut scan = cmd("SCAN");
        scan.arg(self.place.cursor());
        scan.arg("MATCH").arg(self.keyspace.prefix.pattern());
        scan.arg("COUNT").arg(self.batch.get().min(KEYS_OF_CALL));
        self.keyspace.topology.query_at(server, &scan).await
    }

    /// Returns the place of the next step; `None` at the end of the walk, if nothing has changed
    /// since it began.
    pub(super) async fn end_of_step(self) -> Result<Option<WalkCursor>, StoreError> {
        if self.place.server() < self.survey.servers().len() {
            return Ok(Some(self.place.into_cursor()));
        }
        let survey = Survey::of(&self.keyspace.topology).await?;
        match self.place.belongs_to(&survey) {
            true => Ok(None),
            false => restart(self.place, &survey).map(|place| Some(place.into_cursor())),
        }
    }
}

/// Returns the place of the cursor, or the beginning if the servers have changed since.
fn place_in(survey: &Survey, from: Option<&WalkCursor>) -> Result<Place, StoreError> {
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
     operation when they are stable",
    max = Place::MAX_RESTARTS
)]
struct KeepsChanging;
