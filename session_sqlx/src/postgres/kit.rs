//! The components that [`kit()`](super::kit()) imports into a blueprint.

use session::SessionStore;

pub use super::store::PostgresSessionStore;
pub use crate::config::SqlSessionConfig;
pub use crate::setup::SqlSetupError;

/// Constructs the Postgres store from its configuration. The server does not start if that fails.
#[pavex::singleton]
pub async fn postgres_session_store(
    config: &SqlSessionConfig,
) -> Result<PostgresSessionStore, SqlSetupError> {
    PostgresSessionStore::from_config(config).await
}

/// Constructs the session store, which is the Postgres store.
#[pavex::singleton]
pub fn session_store_in_postgres(store: &PostgresSessionStore) -> SessionStore {
    store.clone().into()
}
