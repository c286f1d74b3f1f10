use std::sync::Arc;

use session::store::{Page, SessionSummary, StoreError};
use session::{Principal, SessionId};

use super::index::Index;
use super::keyspace::Keyspace;
use super::principal_locks::PrincipalLocks;
use crate::record::owners::principal_field;
use crate::record::{decode, head};
use crate::scripts::DELETE_OF_PRINCIPAL;

/// The most records that a list reads in one round trip.
const READS: usize = 512;

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

    /// Returns a page of the sessions of a principal. Its records are read, and no others, unless
    /// the index lists sessions that are gone.
    pub(crate) async fn list(
        &self,
        principal: &Principal,
        page: Page,
    ) -> Result<Vec<SessionSummary>, StoreError> {
        let _permit = self.locks.read(principal).await;
        let index = self.keyspace.prefix.index(principal.as_str());
        let entries = self.index.entries(&index).await?;
        let ids = entries.ids();
        let first = ids.partition_point(|id| Some(*id) <= page.after);
        let (mut rest, mut at_once, mut summaries) = (&ids[first..], 1, Vec::new());
        while !rest.is_empty() && summaries.len() < page.max_len() {
            let missing = page.max_len() - summaries.len();
            let (read, later) = rest.split_at(missing.max(at_once).min(rest.len()));
            rest = later;
            let (found, gone) = self.read(principal, read).await?;
            summaries.extend(found.into_iter().take(missing));
            if !gone.is_empty() {
                // Where one session is gone, many may be.
                at_once = READS;
                self.index.remove(&index, &entries.dead(&gone)).await;
            }
        }
        Ok(summaries)
    }

    /// Reads sessions, and returns those that belong to the principal, and the ids of the others.
    async fn read(
        &self,
        principal: &Principal,
        ids: &[SessionId],
    ) -> Result<(Vec<SessionSummary>, Vec<SessionId>), StoreError> {
        let (mut found, mut gone) = (Vec::new(), Vec::new());
        for (id, value) in ids.iter().zip(self.keyspace.summaries(ids).await?) {
            match head::principal_of(&value) == Some(principal.as_str().as_bytes()) {
                true => found.extend(readable(*id, &value)),
                false => gone.push(*id),
            }
        }
        Ok((found, gone))
    }

    /// Deletes all sessions of a principal. Returns their number.
    pub(crate) async fn delete_all(
        &self,
        principal: &Principal,
        except: Option<SessionId>,
    ) -> Result<u64, StoreError> {
        let permit = self.locks.write(principal).await;
        let (this, principal) = (self.clone(), principal.clone());
        let deletion = async move { this.delete_listed(&principal, except).await };
        self.keyspace.run_detached(permit, deletion).await
    }

    async fn delete_listed(
        &self,
        principal: &Principal,
        except: Option<SessionId>,
    ) -> Result<u64, StoreError> {
        let index = self.keyspace.prefix.index(principal.as_str());
        let field = principal_field(Some(principal));
        let deletion = self
            .index
            .delete_listed(&index, except, &DELETE_OF_PRINCIPAL, &field);
        deletion.await
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
