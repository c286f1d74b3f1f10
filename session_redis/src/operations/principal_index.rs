//! The index by principal: for each principal a key that lists sessions that may be theirs.
//!
//! The index may be on another server than the records, so it cannot change together with them. It
//! is derived from them, and one rule keeps it complete: **a record with a principal is listed from
//! before it is written until after it is gone.** The index may list a session that is gone, or
//! that has another principal. Its readers look at the records, and remove such entries. It never
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
//! each extension of a deadline lists the session again. [That entry](PrincipalIndex::list_again)
//! has zeros in place of the time, so that it is added once, however often a session is extended.
//!
//! The score of an entry is the time at which it may be forgotten. That is long after the deadline
//! of the record, so that few of the extensions of a session need a new entry. The record has this
//! time too, and the script that moves its deadline beyond that asks for a new entry first.

use std::collections::BTreeSet;
use std::sync::Arc;

use redis::cmd;
use session::store::StoreError;
use session::{Principal, SessionId};

use super::entries::Entries;
use super::keyspace::Keyspace;
use super::registration::Registration;
use crate::record::numbers::millis_after;
use crate::scripts::call::{Argument, Call};
use crate::scripts::{ENTRIES, REGISTER};

/// The indexes of all principals of a store.
#[derive(Clone)]
pub(super) struct PrincipalIndex(Arc<Keyspace>);

impl PrincipalIndex {
    pub(super) fn new(keyspace: Arc<Keyspace>) -> Self {
        Self(keyspace)
    }

    /// Adds an entry to the index of a principal, for a record that is about to be written.
    ///
    /// The entry is kept until this time, in microseconds since 1970.
    pub(super) async fn register(
        &self,
        id: SessionId,
        principal: &str,
        until: i64,
    ) -> Result<Registration, StoreError> {
        let time = self.add(id, principal, until, &[]).await?;
        Ok(Registration::at(time, until))
    }

    /// Adds an entry for a record that is there, in case the index has lost its own.
    ///
    /// If that fails, the next extension does it: the record itself is written already.
    pub(super) async fn list_again(&self, id: SessionId, principal: &str, until: i64) {
        if let Err(error) = self.add(id, principal, until, &[0; 8]).await {
            tracing::debug!(%error, "a session was extended and not listed again");
        }
    }

    async fn add(
        &self,
        id: SessionId,
        principal: &str,
        until: i64,
        end: &[u8],
    ) -> Result<i64, StoreError> {
        let id = id.as_uuid();
        let call = Call {
            keys: &[self.0.prefix.index(principal)],
            arguments: &[
                Argument::Bytes(id.as_bytes()),
                Argument::Number(millis_after(until)),
                Argument::Bytes(end),
            ],
        };
        self.0.topology.run(&REGISTER, &call).await
    }

    /// Reads the index of a principal.
    pub(super) async fn entries(&self, principal: &Principal) -> Result<Entries, StoreError> {
        let call = Call {
            keys: &[self.0.prefix.index(principal.as_str())],
            arguments: &[],
        };
        let entries = Entries::parse(self.0.topology.run(&ENTRIES, &call).await?);
        if entries.foreign() > 0 {
            tracing::warn!(
                count = entries.foreign(),
                "the index of a principal has entries that session_redis did not write: they are \
                 removed"
            );
        }
        Ok(entries)
    }

    /// Removes dead entries from the index of a principal. If that fails, the next reader does it.
    pub(super) async fn prune(
        &self,
        principal: &Principal,
        entries: &Entries,
        alive: &BTreeSet<SessionId>,
    ) {
        let dead = entries.dead(alive);
        if dead.is_empty() {
            return;
        }
        let mut remove = cmd("ZREM");
        remove
            .arg(self.0.prefix.index(principal.as_str()))
            .arg(&dead);
        if let Err(error) = self.0.topology.send(&remove).await {
            tracing::debug!(%error, "entries of sessions that are gone stay in the index");
        }
    }
}
