//! What [`kit()`](super::kit()) imports into a blueprint.

use session::SessionStore;
use sqlx::MySqlPool;

pub use super::MySqlSessionStore;

/// The constructor of the MySQL store, with the table `sessions`.
#[pavex::singleton]
pub fn mysql_session_store(pool: &MySqlPool) -> MySqlSessionStore {
    MySqlSessionStore::new(pool.clone())
}

/// The constructor of the session store, which is the MySQL store.
#[pavex::singleton]
pub fn session_store_in_mysql(store: &MySqlSessionStore) -> SessionStore {
    store.clone().into()
}
