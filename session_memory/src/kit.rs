//! The components that [`kit()`](kit()) imports into a blueprint.

use pavex::blueprint::{Import, from};
use session::SessionStore;

pub use crate::store::InMemorySessionStore;

/// Imports the constructors of an unlimited [`InMemorySessionStore`] and of the [`SessionStore`]
/// that wraps it.
///
/// For a store with other settings, write a constructor of your own instead.
///
/// # Example
///
/// ```
/// use pavex::{Blueprint, blueprint::from};
///
/// let mut bp = Blueprint::new();
/// bp.import(from![pavex]);
/// session::install(&mut bp);
/// bp.import(session_memory::kit());
/// ```
///
/// A constructor of a store with a limit, to be annotated with `#[pavex::singleton]`:
///
/// ```
/// use session::SessionStore;
/// use session_memory::InMemorySessionStore;
///
/// pub fn session_store() -> SessionStore {
///     InMemorySessionStore::builder().max_sessions(100_000).build().into()
/// }
/// # _ = session_store();
/// ```
pub fn kit() -> Import {
    from![crate::kit]
}

/// Constructs the in-memory store.
#[pavex::singleton]
pub fn in_memory_session_store() -> InMemorySessionStore {
    InMemorySessionStore::new()
}

/// Constructs the session store from the in-memory store.
#[pavex::singleton]
pub fn session_store(store: &InMemorySessionStore) -> SessionStore {
    store.clone().into()
}
