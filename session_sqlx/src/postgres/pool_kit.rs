//! The components that [`pool_kit()`](super::pool_kit()) imports into a blueprint.

use session::{SessionStore, StoreError};
use sqlx::PgPool;

pub use super::store::PostgresSessionStore;

/// Constructs the Postgres store from a pool of the application. The server does not start if the
/// table cannot be migrated.
#[pavex::singleton]
pub async fn postgres_session_store_in_pool(
    pool: &PgPool,
) -> Result<PostgresSessionStore, StoreError> {
    let store = PostgresSessionStore::new(pool.clone());
    store.migrate().await?;
    Ok(store.with_sweeper())
}

/// Constructs the session store, which is the Postgres store.
#[pavex::singleton]
pub fn session_store_in_postgres_pool(store: &PostgresSessionStore) -> SessionStore {
    store.clone().into()
}
