//! A pool of connections to a server, made from the configuration.

use std::time::Duration;

use session::store::{StoreError, StoreErrorKind};
use sqlx::pool::{PoolConnectionMetadata, PoolOptions};
use sqlx::{ConnectOptions, Connection, Database, Pool};
use tokio::time::timeout;

use crate::config::SqlSessionConfig;
use crate::dialect::Dialect;
use crate::engine::Engine;
use crate::errors::store_error;

/// The largest number of connections to a server, unless it is configured.
const MAX_CONNECTIONS: u32 = 10;

/// The longest time that the start waits for a server.
const START_LIMIT: Duration = Duration::from_secs(5);

/// The longest time that an operation waits for a connection.
const ACQUIRE_LIMIT: Duration = Duration::from_secs(2);

/// A connection that was idle for less is taken to be alive.
const UNCHECKED: Duration = Duration::from_secs(1);

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
    let connection = connected.map_err(store_error::<D::Database>)?;
    connection
        .close()
        .await
        .map_err(store_error::<D::Database>)?;
    let prepared = options.clone();
    let pool = PoolOptions::new()
        .max_connections(config.max_connections_or(MAX_CONNECTIONS))
        .acquire_timeout(ACQUIRE_LIMIT)
        .test_before_acquire(false)
        .before_acquire(|connection, idle| Box::pin(check(connection, idle)))
        .after_connect(move |connection, _| {
            let options = prepared.clone();
            Box::pin(async move { D::Database::prepare(connection, &options).await })
        });
    Ok(pool.connect_lazy_with(options))
}

/// Pings a connection before its next use, unless it was in use a moment ago. `sqlx` has pinged it
/// after that use, and would wait for a second answer here.
async fn check<C: Connection>(
    connection: &mut C,
    idle: PoolConnectionMetadata,
) -> sqlx::Result<bool> {
    if idle.idle_for >= UNCHECKED {
        connection.ping().await?;
    }
    Ok(true)
}
