//! The components that [`pool_kit()`](super::pool_kit()) imports into a blueprint.

use session::{SessionStore, StoreError};
use sqlx::MySqlPool;

pub use super::store::MySqlSessionStore;

/// Constructs the MySQL store from a pool of the application. The server does not start if the
/// table cannot be migrated.
#[pavex::singleton]
pub async fn mysql_session_store_in_pool(
    pool: &MySqlPool,
) -> Result<MySqlSessionStore, StoreError> {
    let store = MySqlSessionStore::new(pool.clone());
    store.migrate().await?;
    Ok(store.with_sweeper())
}

/// Constructs the session store, which is the MySQL store.
#[pavex::singleton]
pub fn session_store_in_mysql_pool(store: &MySqlSessionStore) -> SessionStore {
    store.clone().into()
}
