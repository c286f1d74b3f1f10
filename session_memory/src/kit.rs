//! What [`kit()`](crate::kit()) imports into a blueprint.

use session::SessionStore;

pub use crate::InMemorySessionStore;

/// The constructor of the in-memory store.
#[pavex::singleton]
pub fn in_memory_session_store() -> InMemorySessionStore {
    InMemorySessionStore::new()
}

/// The constructor of the session store, which is the in-memory store.
#[pavex::singleton]
pub fn session_store(store: &InMemorySessionStore) -> SessionStore {
    store.clone().into()
}
