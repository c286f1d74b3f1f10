//! The operations of the contract, by what they work on.

mod all_sessions;
mod answer;
mod entries;
mod expired_records;
mod index;
mod keyspace;
mod old_records;
mod origin_sessions;
mod place;
mod principal_locks;
mod principal_sessions;
mod records;
mod registration;
mod search;
mod walk;

use std::sync::Arc;

use all_sessions::AllSessions;
use expired_records::ExpiredRecords;
use keyspace::Keyspace;
use old_records::OldRecords;
use origin_sessions::OriginSessions;
use principal_locks::PrincipalLocks;
use principal_sessions::PrincipalSessions;
use records::Records;
use session::store::{StoreError, from_micros};
use time::UtcDateTime;

use crate::prefix::KeyPrefix;
use crate::topology::Topology;

/// The operations of one store.
pub(crate) struct Operations {
    keyspace: Arc<Keyspace>,
    pub(crate) records: Records,
    pub(crate) principal_sessions: PrincipalSessions,
    pub(crate) origin_sessions: OriginSessions,
    pub(crate) expired_records: ExpiredRecords,
    pub(crate) old_records: OldRecords,
    pub(crate) all_sessions: AllSessions,
}

impl Operations {
    pub(crate) fn new(topology: Arc<Topology>, prefix: KeyPrefix) -> Self {
        let locks = match topology.is_cluster() {
            true => PrincipalLocks::new(),
            false => PrincipalLocks::none(),
        };
        let locks = Arc::new(locks);
        let keyspace = Arc::new(Keyspace::new(topology, prefix));
        Self {
            records: Records::new(keyspace.clone()),
            principal_sessions: PrincipalSessions::new(keyspace.clone(), locks.clone()),
            origin_sessions: OriginSessions::new(keyspace.clone(), locks.clone()),
            expired_records: ExpiredRecords::new(keyspace.clone(), locks),
            old_records: OldRecords::new(keyspace.clone()),
            all_sessions: AllSessions::new(keyspace.clone()),
            keyspace,
        }
    }

    pub(crate) fn prefix(&self) -> &KeyPrefix {
        &self.keyspace.prefix
    }

    /// Returns the present time of each server with records.
    pub(crate) async fn server_times(&self) -> Result<Vec<UtcDateTime>, StoreError> {
        let times = self.keyspace.server_times().await?;
        Ok(times.into_iter().filter_map(from_micros).collect())
    }

    /// Returns the operations on other keys of the same servers.
    pub(crate) fn with_prefix(&self, prefix: KeyPrefix) -> Self {
        Self::new(self.keyspace.topology.clone(), prefix)
    }
}
