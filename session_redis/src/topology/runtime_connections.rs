use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use tokio::runtime::{Handle, Id};

use super::limits::Limits;
use super::shared_connection::SharedConnection;
use super::source::Source;

/// A connection to one server for each runtime that uses it.
///
/// Pavex serves requests with a runtime for each worker thread. A task of the runtime that opened a
/// connection reads from it. If operations of another worker used it, each answer would change
/// threads, and would wait while the first worker computes.
pub(crate) struct RuntimeConnections {
    source: Source,
    limits: Limits,
    /// Small and rarely changed: a process has few runtimes.
    connections: RwLock<HashMap<Id, Arc<SharedConnection>>>,
}

impl RuntimeConnections {
    pub(super) fn to(source: Source, limits: Limits) -> Self {
        Self {
            source,
            limits,
            connections: RwLock::default(),
        }
    }

    /// Returns the connection of the runtime that polls the caller. The first command on it
    /// connects.
    pub(super) fn of_this_runtime(&self) -> Arc<SharedConnection> {
        let runtime = Handle::current().id();
        // Nothing is half done after a panic: a holder of the lock looks up or inserts.
        let connections = self.connections.read();
        let connections = connections.unwrap_or_else(PoisonError::into_inner);
        if let Some(connection) = connections.get(&runtime) {
            return connection.clone();
        }
        drop(connections);
        let connections = self.connections.write();
        let mut connections = connections.unwrap_or_else(PoisonError::into_inner);
        let connection = connections.entry(runtime);
        let new = || Arc::new(SharedConnection::to(self.source.clone(), self.limits));
        connection.or_insert_with(new).clone()
    }
}
