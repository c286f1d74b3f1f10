//! Sessions that live in the cookie only: no store, no server-side state.
//!
//! Import it in place of a store. A session then ends at the deadline in its cookie, which is
//! authenticated; it cannot be revoked. Any use of the server-side state is an error.
//!
//! # Example
//!
//! ```
//! use pavex::{Blueprint, blueprint::from};
//!
//! let mut bp = Blueprint::new();
//! bp.import(from![pavex]);
//! session::install(&mut bp);
//! bp.import(session::cookie_only::kit());
//! ```

pub mod kit;

use pavex::blueprint::{Import, from};

/// The store that refuses server-side state, to import into a blueprint.
pub fn kit() -> Import {
    from![self::kit]
}
