//! The parts of a store that is made from its configuration.

use std::time::Duration;

use session::SessionStore;
use session::store::{StoreError, StoreErrorKind, Sweeper};
use sqlx::pool::PoolOptions;
use sqlx::{ConnectOptions, Connection, Database, Pool};
use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::config::SqlSessionConfig;
use crate::database_url::{DatabaseUrl, InvalidDatabaseUrl};
use crate::dialect::Dialect;
use crate::errors::store_error;

/// A store cannot be made from its [configuration](SqlSessionConfig). No message shows a password.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SqlSetupError {
    /// The configuration names no database that this store can use.
    #[error("`session_sqlx.url` is invalid")]
    Url(#[from] InvalidDatabaseUrl),
    /// The database cannot be reached, created or migrated.
    #[error("the session database {url}, which `session_sqlx.url` names, cannot be used")]
    Store {
        /// The database.
        url: DatabaseUrl,
        /// The reason.
        source: StoreError,
    },
}

impl SqlSetupError {
    pub(crate) fn new(config: &SqlSessionConfig, source: StoreError) -> Self {
        Self::Store {
            url: config.url.clone(),
            source,
        }
    }
}

/// The largest number of connections to a server, unless it is configured.
const MAX_CONNECTIONS: u32 = 10;

/// The longest time that the start waits for a server.
const START_LIMIT: Duration = Duration::from_secs(5);

/// The longest time that an operation waits for a connection.
pub(crate) const ACQUIRE_LIMIT: Duration = Duration::from_secs(2);

type Options<D> = <<<D as Dialect>::Database as Database>::Connection as Connection>::Options;

/// Opens a pool of connections to a server, after a first connection: a pool would not report why
/// it has none.
pub(crate) async fn connect<D: Dialect>(
    options: Options<D>,
    config: &SqlSessionConfig,
) -> Result<Pool<D::Database>, StoreError> {
    let Ok(connected) = timeout(START_LIMIT, options.connect()).await else {
        let error = format!("no answer within {} seconds", START_LIMIT.as_secs());
        return Err(StoreError::new(StoreErrorKind::Timeout, error));
    };
    let connection = connected.map_err(store_error::<D>)?;
    connection.close().await.map_err(store_error::<D>)?;
    let pool = PoolOptions::new()
        .max_connections(config.max_connections_or(MAX_CONNECTIONS))
        .acquire_timeout(ACQUIRE_LIMIT);
    Ok(pool.connect_lazy_with(options))
}

/// A task that deletes expired sessions. It ends when this is dropped.
pub(crate) struct BackgroundSweeper {
    _stop: oneshot::Sender<()>,
}

impl BackgroundSweeper {
    pub(crate) fn start(store: SessionStore) -> Self {
        let (stop, stopped) = oneshot::channel();
        let sweeper = Sweeper::new(store);
        tokio::spawn(sweeper.run(async { _ = stopped.await }));
        Self { _stop: stop }
    }
}
