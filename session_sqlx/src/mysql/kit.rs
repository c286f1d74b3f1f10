//! The components that [`kit()`](super::kit()) imports into a blueprint.

use session::SessionStore;

pub use super::store::MySqlSessionStore;
pub use crate::config::SqlSessionConfig;
pub use crate::setup::SqlSetupError;

/// Constructs the MySQL store from its configuration. The server does not start if that fails.
#[pavex::singleton]
pub async fn mysql_session_store(
    config: &SqlSessionConfig,
) -> Result<MySqlSessionStore, SqlSetupError> {
    MySqlSessionStore::from_config(config).await
}

/// Constructs the session store, which is the MySQL store.
#[pavex::singleton]
pub fn session_store_in_mysql(store: &MySqlSessionStore) -> SessionStore {
    store.clone().into()
}
