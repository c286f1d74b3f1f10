//! What [`kit()`](super::kit()) imports into a blueprint.

use session::SessionStore;
use sqlx::SqlitePool;

pub use super::SqliteSessionStore;

/// The constructor of the SQLite store, with the table `sessions`.
#[pavex::singleton]
pub fn sqlite_session_store(pool: &SqlitePool) -> SqliteSessionStore {
    SqliteSessionStore::new(pool.clone())
}

/// The constructor of the session store, which is the SQLite store.
#[pavex::singleton]
pub fn session_store_in_sqlite(store: &SqliteSessionStore) -> SessionStore {
    store.clone().into()
}
