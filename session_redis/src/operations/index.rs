//! The indexes by principal and by origin: for each of them, a key that lists sessions that may be
//! theirs. A session without an origin is in no index by origin.
//!
//! The index may be on another server than the records, so it cannot change together with them. It
//! is derived from them, and one rule keeps it complete: **a record with an owner is listed from
//! before it is written until after it is gone.** The index may list a session that is gone, or
//! that has another owner. Its readers look at the records, and remove such entries. It never
//! hides a session.
//!
//! An entry has the id and the time at which it was added. A writer of a record adds an entry
//! first, and the record is written only while this registration is
//! [valid](Registration::VALID_FOR). A reader removes an entry only if the entry was
//! [stale](super::entries::STALE_AFTER) when the index was read, and the record was not there after
//! that. No record that relies on such an entry can be written any more. A later writer relies on
//! an entry of its own, with a later time. So writers and readers need no order among them, and no
//! knowledge of each other.
//!
//! The server with the index supplies these times, and the server with the record decides whether
//! the registration is valid. Their clocks may differ by half a minute.
//!
//! The key of an index can be lost alone: Redis evicts it, or a failover loses its last writes. So
//! each extension, each renewal and each log-in lists the session again, whatever its stored
//! deadline is. [That entry](Index::list_again) has zeros in place of the time, so that it is added
//! once, however often a session is extended. It is kept for as long as the record says.
//!
//! The score of an entry is the time at which it may be forgotten. That is long after the deadline
//! of the record, so that few of the extensions of a session need a new entry. The record has this
//! time too, and the script that moves its deadline beyond that asks for a new entry first.

use std::sync::Arc;

use redis::cmd;
use session::SessionId;
use session::store::StoreError;

use super::entries::Entries;
use super::keyspace::Keyspace;
use super::registration::Registration;
use crate::record::numbers::millis_after;
use crate::record::owners::Owners;
use crate::scripts::call::{Argument, Call};
use crate::scripts::script::Script;
use crate::scripts::{ENTRIES, REGISTER};

/// The number of sessions that one step of a deletion deletes. Other commands wait meanwhile.
const STEP: usize = 4_000;

/// The indexes of a store.
#[derive(Clone)]
pub(super) struct Index(Arc<Keyspace>);

impl Index {
    pub(super) fn new(keyspace: Arc<Keyspace>) -> Self {
        Self(keyspace)
    }

    /// Adds an entry to the index of each owner, for a record that is about to be written.
    ///
    /// The entries are kept until this time, in microseconds since 1970.
    pub(super) async fn register(
        &self,
        id: SessionId,
        owners: &Owners,
        until: i64,
    ) -> Result<Registration, StoreError> {
        let time = self.add(id, owners, until, &[]).await?;
        Ok(Registration::at(time, until))
    }

    /// Adds entries for a record that is there, in case an index has lost its own.
    ///
    /// If that fails, the next extension or log-in does it: the record itself is written already.
    pub(super) async fn list_again(&self, id: SessionId, owners: &Owners, until: i64) {
        if let Err(error) = self.add(id, owners, until, &[0; 8]).await {
            tracing::debug!(%error, "a session was written and not listed again");
        }
    }

    /// Adds entries, and returns the earliest of the times at which they were added.
    async fn add(
        &self,
        id: SessionId,
        owners: &Owners,
        until: i64,
        end: &[u8],
    ) -> Result<i64, StoreError> {
        let id = id.as_uuid();
        let arguments = &[
            Argument::Bytes(id.as_bytes()),
            Argument::Number(millis_after(until)),
            Argument::Bytes(end),
        ];
        let keys = self.0.prefix.indexes(owners);
        // Each index may be on a server of its own.
        let calls = keys.chunks(1).map(|keys| Call { keys, arguments });
        let calls: Vec<_> = calls.collect();
        let times = self.0.topology.run_all(&REGISTER, &calls).await?;
        Ok(times.into_iter().min().unwrap_or(i64::MAX))
    }

    /// Reads an index.
    pub(super) async fn entries(&self, index: &[u8]) -> Result<Entries, StoreError> {
        let call = Call {
            keys: &[index.to_vec()],
            arguments: &[],
        };
        let entries = Entries::parse(self.0.topology.run(&ENTRIES, &call).await?);
        self.remove_foreign(index, &entries.foreign()).await;
        Ok(entries)
    }

    async fn remove_foreign(&self, index: &[u8], entries: &[&[u8]]) {
        if !entries.is_empty() {
            tracing::warn!(
                count = entries.len(),
                "an index has entries that session_redis did not write: they are removed"
            );
        }
        self.remove(index, entries).await;
    }

    /// Deletes the sessions that an index lists, but one, if they meet the condition of a script.
    /// Returns their number.
    ///
    /// The entries of each step are removed before the next one. So a deletion that fails leaves
    /// less to the next one, however many entries of sessions that are gone there are.
    pub(super) async fn delete_listed(
        &self,
        index: &[u8],
        except: Option<SessionId>,
        condition: &Script,
        argument: &[u8],
    ) -> Result<u64, StoreError> {
        let entries = self.entries(index).await?;
        let mut ids = entries.ids();
        ids.retain(|id| Some(*id) != except);
        let mut deleted = 0;
        for ids in ids.chunks(STEP) {
            deleted += self.0.delete_where(condition, ids, argument).await?;
            self.remove(index, &entries.dead(ids)).await;
        }
        Ok(deleted)
    }

    /// Removes entries from an index. If that fails, the next reader does it.
    pub(super) async fn remove(&self, index: &[u8], entries: &[&[u8]]) {
        for entries in entries.chunks(STEP) {
            let mut remove = cmd("ZREM");
            remove.arg(index).arg(entries);
            if let Err(error) = self.0.topology.send(&remove).await {
                tracing::debug!(%error, "entries of sessions that are gone stay in the index");
                return;
            }
        }
    }
}
