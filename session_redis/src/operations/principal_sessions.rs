use std::ops::Bound::{Excluded, Unbounded};
use std::sync::Arc;

use session::store::{Page, SessionSummary, StoreError};
use session::{Principal, SessionId};

use super::index::Index;
use super::keyspace::Keyspace;
use super::principal_locks::PrincipalLocks;
use crate::record::owners::principal_field;
use crate::record::{decode, head};
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

    /// Returns a page of the sessions of a principal. Its records are read, and no others.
    pub(crate) async fn list(
        &self,
        principal: &Principal,
        page: Page,
    ) -> Result<Vec<SessionSummary>, StoreError> {
        let _permit = self.locks.read(principal).await;
        let index = self.keyspace.prefix.index(principal.as_str());
        let entries = self.index.entries(&index).await?;
        let mut alive = entries.ids();
        let after = page.after.map_or(Unbounded, Excluded);
        let ids: Vec<_> = alive.range((after, Unbounded)).copied().collect();
        let (mut rest, mut summaries) = (&*ids, Vec::new());
        while !rest.is_empty() && summaries.len() < page.max_len() {
            // Entries of sessions that are gone leave room for others.
            let missing = page.max_len() - summaries.len();
            let (read, later) = rest.split_at(missing.min(rest.len()));
            rest = later;
            for (id, value) in read.iter().zip(self.keyspace.summaries(read).await?) {
                match head::principal_of(&value) == Some(principal.as_str().as_bytes()) {
                    true => summaries.extend(readable(*id, &value)),
                    false => drop(alive.remove(id)),
                }
            }
        }
        self.index.prune(&index, &entries, &alive).await;
        Ok(summaries)
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
