//! What [`kit()`](crate::kit()) imports into a blueprint.

use session::SessionStore;

pub use crate::config::{RedisSessionConfig, RedisSetupError};
pub use crate::store::RedisSessionStore;

/// The constructor of the Redis store, from its configuration. The server does not start if it fails.
#[pavex::singleton]
pub async fn redis_session_store(
    config: &RedisSessionConfig,
) -> Result<RedisSessionStore, RedisSetupError> {
    RedisSessionStore::from_config(config).await
}

/// The constructor of the session store, which is the Redis store.
#[pavex::singleton]
pub fn session_store_in_redis(store: &RedisSessionStore) -> SessionStore {
    store.clone().into()
}
