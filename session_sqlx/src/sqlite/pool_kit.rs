//! The components that [`pool_kit()`](super::pool_kit()) imports into a blueprint.

use session::{SessionStore, StoreError};
use sqlx::SqlitePool;

pub use super::store::SqliteSessionStore;

/// Constructs the SQLite store from a pool of the application. The server does not start if the
/// table cannot be migrated.
#[pavex::singleton]
pub async fn sqlite_session_store_in_pool(
    pool: &SqlitePool,
) -> Result<SqliteSessionStore, StoreError> {
    let store = SqliteSessionStore::new(pool.clone());
    store.migrate().await?;
    Ok(store.with_sweeper())
}

/// Constructs the session store, which is the SQLite store.
#[pavex::singleton]
pub fn session_store_in_sqlite_pool(store: &SqliteSessionStore) -> SessionStore {
    store.clone().into()
}
