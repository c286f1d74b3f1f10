//! The components that [`kit()`](crate::kit()) imports into a blueprint.

use session::{SessionPolicy, SessionStore};

pub use crate::config::{RedisSessionConfig, RedisSetupError};
pub use crate::store::RedisSessionStore;

/// Connects to the servers of the configuration. The application does not start if that fails.
///
/// # Errors
///
/// Returns [`RedisSetupError`] if the configuration breaks a rule, or a server cannot be used.
#[pavex::singleton]
pub async fn redis_session_store(
    config: &RedisSessionConfig,
    policy: &SessionPolicy,
) -> Result<RedisSessionStore, RedisSetupError> {
    config.check_against(policy)?;
    RedisSessionStore::from_config(config).await
}

/// Makes the Redis store the session store of the application.
#[pavex::singleton]
pub fn session_store_in_redis(store: &RedisSessionStore) -> SessionStore {
    store.clone().into()
}
