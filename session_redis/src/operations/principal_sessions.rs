use std::collections::BTreeSet;
use std::sync::Arc;

use redis::{Cmd, cmd};
use session::store::{SessionSummary, StoreError};
use session::{Principal, SessionId};

use super::index::Index;
use super::keyspace::Keyspace;
use super::principal_locks::PrincipalLocks;
use crate::record::owners::principal_field;
use crate::record::{decode, encode, head};
use crate::scripts::DELETE_OF_PRINCIPAL;

/// The sessions of one principal, found by the index.
#[derive(Clone)]
pub(crate) struct PrincipalSessions {
    keyspace: Arc<Keyspace>,
    index: Index,
    locks: Arc<PrincipalLocks>,
}

impl PrincipalSessions {
    pub(super) fn new(keyspace: Arc<Keyspace>, locks: Arc<PrincipalLocks>) -> Self {
        Self {
            index: Index::new(keyspace.clone()),
            keyspace,
            locks,
        }
    }

    pub(crate) async fn list(
        &self,
        principal: &Principal,
    ) -> Result<Vec<SessionSummary>, StoreError> {
        let _permit = self.locks.read(principal).await;
        let index = self.keyspace.prefix.index(principal.as_str());
        let entries = self.index.entries(&index).await?;
        let ids = entries.ids();
        let commands: Vec<_> = ids.iter().map(|id| self.get_summary(*id)).collect();
        let values = self
            .keyspace
            .topology
            .query_all::<Vec<u8>>(&commands)
            .await?;
        let mut alive = BTreeSet::new();
        let mut summaries = Vec::with_capacity(ids.len());
        for (id, value) in ids.iter().zip(values) {
            if head::principal_of(&value) == Some(principal.as_str().as_bytes()) {
                alive.insert(*id);
                summaries.extend(readable(*id, &value));
            }
        }
        self.index.prune(&index, &entries, &alive).await;
        Ok(summaries)
    }

    fn get_summary(&self, id: SessionId) -> Cmd {
        let mut range = cmd("GETRANGE");
        range.arg(self.keyspace.prefix.record(id));
        range.arg(0).arg(encode::SUMMARY_LEN - 1);
        range
    }

    /// Deletes all sessions of a principal, at the same moment if they are on one server. Returns
    /// their number.
    pub(crate) async fn delete_all(
        &self,
        principal: &Principal,
        except: Option<SessionId>,
    ) -> Result<u64, StoreError> {
        let (this, principal) = (self.clone(), principal.clone());
        let deletion = async move { this.delete_listed(&principal, except).await };
        self.keyspace.run_detached(deletion).await
    }

    async fn delete_listed(
        &self,
        principal: &Principal,
        except: Option<SessionId>,
    ) -> Result<u64, StoreError> {
        let _permit = self.locks.write(principal).await;
        let index = self.keyspace.prefix.index(principal.as_str());
        let entries = self.index.entries(&index).await?;
        let mut ids = entries.ids();
        let spared = except.filter(|id| ids.remove(id));
        let field = principal_field(Some(principal));
        let deletion = self
            .keyspace
            .delete_where(&DELETE_OF_PRINCIPAL, &ids, &field);
        let deleted = deletion.await?;
        let alive = spared.into_iter().collect();
        self.index.prune(&index, &entries, &alive).await;
        Ok(deleted)
    }
}

/// Decodes the summary of a session. A damaged one is reported and left out, so that it hides no
/// other session of its principal.
fn readable(id: SessionId, value: &[u8]) -> Option<SessionSummary> {
    let summary = decode::summary(id, value);
    let summary =
        summary.inspect_err(|error| tracing::error!(%error, %id, "a session record is damaged"));
    summary.ok()
}
