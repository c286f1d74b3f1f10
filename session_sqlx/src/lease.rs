use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::{Error, Pool};
use tokio::runtime::Handle;

use crate::engine::{Engine, Fault};
use crate::errors::fault;

/// A connection that frees its place in the pool within [`RETURN_LIMIT`].
///
/// `sqlx` pings each connection on its way back, without a time limit. A connection that fell
/// silent (a power cut, a firewall that forgot it) would keep its place until the operating system
/// gives it up, after many minutes. Soon the pool would have no place left.
pub(crate) struct Lease<DB: Engine> {
    connection: PoolConnection<DB>,
    /// True if the connection is closed in place of its return.
    is_spent: bool,
}

/// A live server answers a ping in far less.
const RETURN_LIMIT: Duration = Duration::from_secs(1);

impl<DB: Engine> Lease<DB> {
    pub(crate) async fn of(pool: &Pool<DB>) -> Result<Self, Error> {
        Ok(Self {
            connection: pool.acquire().await?,
            is_spent: false,
        })
    }

    pub(crate) fn connection(&mut self) -> &mut DB::Connection {
        &mut self.connection
    }

    /// Returns the outcome of the statement. A connection on which nothing can be written leaves
    /// the pool: its server may be one that a failover has replaced, and a new connection then
    /// reaches the other one.
    pub(crate) fn end<T>(mut self, outcome: Result<T, Error>) -> Result<T, Error> {
        let error = outcome.as_ref().err();
        self.is_spent = error.is_some_and(|error| fault::<DB>(error) == Fault::ReadOnly);
        outcome
    }
}

impl<DB: Engine> Drop for Lease<DB> {
    fn drop(&mut self) {
        if self.is_spent {
            self.connection.close_on_drop();
            return;
        }
        // A connection to SQLite does not fall silent, and one to memory must not be closed.
        if DB::NAME == "SQLite" {
            return;
        }
        if let Ok(runtime) = Handle::try_current() {
            // A `PoolConnection` does the same when it is dropped, but without the limit. After
            // the limit the connection is dropped, and its place is free.
            let returned = self.connection.return_to_pool();
            runtime.spawn(tokio::time::timeout(RETURN_LIMIT, returned));
        }
    }
}
