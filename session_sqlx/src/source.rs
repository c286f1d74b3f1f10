use std::sync::Arc;

use sqlx::pool::PoolConnection;
use sqlx::{Error, Pool};

use crate::opener::{Opens, Options};
use crate::runtime_pool::Held;
use crate::runtime_pools::RuntimePools;

/// The place where a store gets its connections.
pub(crate) enum Source<DB: Opens> {
    /// A pool of the application, which all runtimes use.
    Application(Pool<DB>),
    /// Connections of the store, of which each runtime has its own.
    Store(Arc<RuntimePools<DB>>),
}

/// A connection of a [`Source`].
pub(crate) enum Sourced<DB: Opens> {
    Application(PoolConnection<DB>),
    Store(Held<DB>),
}

impl<DB: Opens> Source<DB> {
    pub(crate) async fn take(&self) -> Result<Sourced<DB>, Error> {
        match self {
            Self::Application(pool) => pool.acquire().await.map(Sourced::Application),
            Self::Store(pools) => pools.take().await.map(Sourced::Store),
        }
    }

    pub(crate) fn connect_options(&self) -> Arc<Options<DB>> {
        match self {
            Self::Application(pool) => pool.connect_options(),
            Self::Store(pools) => pools.opener().options().clone(),
        }
    }

    #[cfg(feature = "sqlite")]
    pub(crate) async fn close(&self) {
        match self {
            Self::Application(pool) => {
                pool.close().await;
                // The first call may miss a connection that comes back while it waits.
                pool.close().await;
            }
            Self::Store(pools) => pools.close().await,
        }
    }
}

impl<DB: Opens> Clone for Source<DB> {
    fn clone(&self) -> Self {
        match self {
            Self::Application(pool) => Self::Application(pool.clone()),
            Self::Store(pools) => Self::Store(pools.clone()),
        }
    }
}

impl<DB: Opens> Sourced<DB> {
    pub(crate) fn connection(&mut self) -> &mut DB::Connection {
        match self {
            Self::Application(connection) => connection,
            Self::Store(held) => held.connection(),
        }
    }
}
