use pavex::singleton;
use session::SessionStore;

use super::Database;

/// The constructor of the session store, which is the one of the configured database.
#[singleton]
pub fn session_store(database: &Database) -> SessionStore {
    database.sessions().clone()
}
