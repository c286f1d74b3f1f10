//! Sessions in the cookie only, without a store and without server-side state.
//!
//! Import it in place of a store. A session then ends at the deadline in its authenticated cookie,
//! and cannot be revoked. Any use of the server-side state is an error.
//!
//! # Example
//!
//! ```
//! # use session_kit as session;
//! use pavex::{Blueprint, blueprint::from};
//!
//! let mut bp = Blueprint::new();
//! bp.import(from![pavex]);
//! session::install(&mut bp);
//! bp.import(session::cookie_only::kit());
//! ```

use pavex::blueprint::{Import, from};

/// Returns the store that refuses server-side state, to import into a blueprint.
pub fn kit() -> Import {
    from![self::kit]
}

pub mod kit {
    //! The components that [`kit()`](super::kit()) imports into a blueprint.

    use crate::store::SessionStore;

    /// Creates the store that refuses server-side state.
    #[pavex::singleton]
    pub fn cookie_only_store() -> SessionStore {
        SessionStore::cookie_only()
    }
}
