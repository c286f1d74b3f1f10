//! The components that [`kit()`](super::kit()) imports into a blueprint.

use session::SessionStore;

pub use super::store::SqliteSessionStore;
pub use crate::config::SqlSessionConfig;
pub use crate::setup::SqlSetupError;

/// Constructs the SQLite store from its configuration. The server does not start if that fails.
#[pavex::singleton]
pub async fn sqlite_session_store(
    config: &SqlSessionConfig,
) -> Result<SqliteSessionStore, SqlSetupError> {
    SqliteSessionStore::from_config(config).await
}

/// Constructs the session store, which is the SQLite store.
#[pavex::singleton]
pub fn session_store_in_sqlite(store: &SqliteSessionStore) -> SessionStore {
    store.clone().into()
}
