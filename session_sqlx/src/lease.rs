use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::{Database, Pool};
use tokio::runtime::Handle;

/// A connection that frees its place in the pool within [`RETURN_LIMIT`].
///
/// `sqlx` pings each connection on its way back, without a time limit. A connection that fell
/// silent (a power cut, a firewall that forgot it) would keep its place until the operating system
/// gives it up, after many minutes. Soon the pool would have no place left.
pub(crate) struct Lease<DB: Database>(PoolConnection<DB>);

/// A live server answers a ping in far less.
const RETURN_LIMIT: Duration = Duration::from_secs(1);

impl<DB: Database> Lease<DB> {
    pub(crate) async fn of(pool: &Pool<DB>) -> Result<Self, sqlx::Error> {
        pool.acquire().await.map(Self)
    }

    pub(crate) fn connection(&mut self) -> &mut DB::Connection {
        &mut self.0
    }
}

impl<DB: Database> Drop for Lease<DB> {
    fn drop(&mut self) {
        // A connection to SQLite does not fall silent, and one to memory must not be closed.
        if DB::NAME == "SQLite" {
            return;
        }
        if let Ok(runtime) = Handle::try_current() {
            // A `PoolConnection` does the same when it is dropped, but without the limit. After
            // the limit the connection is dropped, and its place is free.
            let returned = self.0.return_to_pool();
            runtime.spawn(tokio::time::timeout(RETURN_LIMIT, returned));
        }
    }
}
