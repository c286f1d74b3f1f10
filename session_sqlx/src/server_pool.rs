//! A pool of connections to a server, made from the configuration.

use std::time::Duration;

use session::store::{StoreError, StoreErrorKind};
use sqlx::{ConnectOptions, Connection};
use tokio::time::timeout;

use crate::config::SqlSessionConfig;
use crate::dialect::{Dialect, Options};
use crate::errors::store_error;
use crate::opener::Opener;
use crate::runtime_pools::RuntimePools;
use crate::source::Source;

/// The largest number of connections to a server, unless it is configured.
const MAX_CONNECTIONS: u32 = 10;

/// The longest time that the start waits for a server.
const START_LIMIT: Duration = Duration::from_secs(5);

/// The longest time that an operation waits for a connection.
const ACQUIRE_LIMIT: Duration = Duration::from_secs(2);

/// Opens a pool of connections to a server, after a first connection: a pool would not report why
/// it has none.
pub(crate) async fn connect<D: Dialect>(
    options: Options<D>,
    config: &SqlSessionConfig,
) -> Result<Source<D::Database>, StoreError> {
    let Ok(connected) = timeout(START_LIMIT, options.connect()).await else {
        let error = format!("no answer within {} seconds", START_LIMIT.as_secs());
        return Err(StoreError::new(StoreErrorKind::Timeout, error));
    };
    let connection = connected.map_err(store_error::<D::Database>)?;
    connection
        .close()
        .await
        .map_err(store_error::<D::Database>)?;
    let limit = config.max_connections_or(MAX_CONNECTIONS);
    let pools = RuntimePools::new(Opener::new(options), limit, ACQUIRE_LIMIT);
    Ok(Source::Store(pools))
}
