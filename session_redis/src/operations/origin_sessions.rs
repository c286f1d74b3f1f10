use std::sync::Arc;

use session::store::{OriginHash, StoreError};

use super::index::Index;
use super::keyspace::Keyspace;
use super::principal_locks::PrincipalLocks;
use crate::record::owners::origin_field;
use crate::scripts::DELETE_OF_ORIGIN;

/// The sessions of one origin, found by the index.
#[derive(Clone)]
pub(crate) struct OriginSessions {
    keyspace: Arc<Keyspace>,
    index: Index,
    locks: Arc<PrincipalLocks>,
}

impl OriginSessions {
    pub(super) fn new(keyspace: Arc<Keyspace>, locks: Arc<PrincipalLocks>) -> Self {
        Self {
            index: Index::new(keyspace.clone()),
            keyspace,
            locks,
        }
    }

    /// Deletes all sessions of an origin. Returns their number.
    pub(crate) async fn delete_all(&self, origin: &OriginHash) -> Result<u64, StoreError> {
        // They may belong to any principal.
        let permits = self.locks.write_all().await;
        let (this, origin) = (self.clone(), *origin);
        let deletion = async move { this.delete_listed(&origin).await };
        self.keyspace.run_detached(permits, deletion).await
    }

    async fn delete_listed(&self, origin: &OriginHash) -> Result<u64, StoreError> {
        let index = self.keyspace.prefix.origin_index(origin);
        let field = origin_field(Some(origin));
        let deletion = self
            .index
            .delete_listed(&index, None, &DELETE_OF_ORIGIN, &field);
        deletion.await
    }
}
