//! What [`kit()`](super::kit()) imports into a blueprint.

use session::SessionStore;
use sqlx::PgPool;

pub use super::PostgresSessionStore;

/// The constructor of the Postgres store, with the table `sessions`.
#[pavex::singleton]
pub fn postgres_session_store(pool: &PgPool) -> PostgresSessionStore {
    PostgresSessionStore::new(pool.clone())
}

/// The constructor of the session store, which is the Postgres store.
#[pavex::singleton]
pub fn session_store_in_postgres(store: &PostgresSessionStore) -> SessionStore {
    store.clone().into()
}
