use std::sync::Arc;

use redis::{Cmd, cmd};
use session::SessionId;
use session::store::{StoreError, StoreErrorKind};

use crate::prefix::KeyPrefix;
use crate::record::encode;
use crate::scripts::call::{Argument, Call};
use crate::scripts::script::Script;
use crate::topology::Topology;

/// The keys of one store, and the servers that have them.
pub(super) struct Keyspace {
    pub(super) topology: Arc<Topology>,
    pub(super) prefix: KeyPrefix,
}

impl Keyspace {
    pub(super) fn new(topology: Arc<Topology>, prefix: KeyPrefix) -> Self {
        Self { topology, prefix }
    }

    /// Returns the present time of each server with records, in microseconds since 1970.
    pub(super) async fn server_times(&self) -> Result<Vec<i64>, StoreError> {
        let clocks = self.topology.query_masters(&cmd("TIME")).await?;
        let micros = |(_, (seconds, micros)): (_, (i64, i64))| seconds * 1_000_000 + micros;
        Ok(clocks.into_iter().map(micros).collect())
    }

    /// Returns the bytes of the summaries of these sessions; none for one that is gone.
    pub(super) async fn summaries(&self, ids: &[SessionId]) -> Result<Vec<Vec<u8>>, StoreError> {
        let commands: Vec<_> = ids.iter().map(|id| self.get_summary(*id)).collect();
        self.topology.query_all(&commands).await
    }

    fn get_summary(&self, id: SessionId) -> Cmd {
        let mut range = cmd("GETRANGE");
        range.arg(self.prefix.record(id));
        range.arg(0).arg(encode::SUMMARY_LEN - 1);
        range
    }

    /// Runs a script that deletes those of the records that meet its condition. Returns their
    /// number.
    pub(super) async fn delete_where(
        &self,
        condition: &Script,
        records: impl IntoIterator<Item = &SessionId>,
        argument: &[u8],
    ) -> Result<u64, StoreError> {
        let records = records.into_iter();
        let keys: Vec<_> = records.map(|id| self.prefix.record(*id)).collect();
        if keys.is_empty() {
            return Ok(0);
        }
        // On one server, they are all deleted at the same moment.
        let keys_of_call = match self.topology.is_cluster() {
            true => 1,
            false => keys.len(),
        };
        let arguments = &[Argument::Bytes(argument)];
        let calls = keys.chunks(keys_of_call);
        let calls: Vec<_> = calls.map(|keys| Call { keys, arguments }).collect();
        let deleted = self.topology.run_all::<u64>(condition, &calls).await?;
        Ok(deleted.into_iter().sum())
    }

    /// Runs an operation of several commands, which goes on when its caller is dropped, and keeps
    /// its permits until it ends.
    ///
    /// The caller waits for the permits. If it waited in the operation, a deletion that has failed
    /// at its time limit could begin long after that.
    pub(super) async fn run_detached<T: Send + 'static>(
        &self,
        permits: impl Send + 'static,
        operation: impl Future<Output = Result<T, StoreError>> + Send + 'static,
    ) -> Result<T, StoreError> {
        let outcome = tokio::spawn(async move {
            let _permits = permits;
            operation.await
        })
        .await;
        outcome.unwrap_or_else(|failed| Err(StoreError::new(StoreErrorKind::Other, failed)))
    }
}
