//! What [`kit()`](super::kit()) imports into a blueprint.

use crate::store::SessionStore;

/// The constructor of the store that refuses server-side state.
#[pavex::singleton]
pub fn cookie_only_store() -> SessionStore {
    SessionStore::cookie_only()
}
