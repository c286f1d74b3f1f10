use pavex::Blueprint;
use pavex::blueprint::{Import, from};

use crate::finalize::FINALIZE_SESSION;

/// All components but a store, to import into a blueprint: the constructors of
/// [`IncomingSession`](crate::IncomingSession), [`Session`](crate::Session) and
/// [`SessionPolicy`](crate::SessionPolicy), the configuration type
/// [`SessionConfig`](crate::SessionConfig), and the error handler of
/// [`SessionError`](crate::SessionError).
///
/// Middlewares are registered by hand, in order; [`install`] does both.
///
/// # Example
///
/// ```
/// use pavex::{Blueprint, blueprint::from, cookie::INJECT_RESPONSE_COOKIES};
///
/// let mut bp = Blueprint::new();
/// bp.import(from![pavex]);
/// bp.import(session::kit());
/// bp.import(session_memory::kit());
/// bp.post_process(session::FINALIZE_SESSION);
/// bp.post_process(INJECT_RESPONSE_COOKIES);
/// ```
pub fn kit() -> Import {
    from![crate::kit]
}

/// Imports [`kit()`](kit()) and registers the middlewares, in the right order: [`FINALIZE_SESSION`], then
/// pavex's `INJECT_RESPONSE_COOKIES`.
///
/// What is still to import is a store.
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
pub fn install(bp: &mut Blueprint) {
    bp.import(kit());
    bp.post_process(FINALIZE_SESSION);
    bp.post_process(pavex::cookie::INJECT_RESPONSE_COOKIES);
}

/// Sessions that live in the cookie only: no store, no server-side state.
///
/// Import it in place of a store. A session then ends at the deadline in its cookie, which is
/// authenticated; it cannot be revoked. Any use of the server-side state is an error.
///
/// # Example
///
/// ```
/// use pavex::{Blueprint, blueprint::from};
///
/// let mut bp = Blueprint::new();
/// bp.import(from![pavex]);
/// session::install(&mut bp);
/// bp.import(session::cookie_only::kit());
/// ```
pub mod cookie_only {
    use pavex::blueprint::{Import, from};

    /// The store that refuses server-side state, to import into a blueprint.
    pub fn kit() -> Import {
        from![self::kit]
    }

    /// What [`kit()`](kit()) imports.
    pub mod kit {
        use crate::store::SessionStore;

        /// The constructor of the store that refuses server-side state.
        #[pavex::singleton]
        pub fn cookie_only_store() -> SessionStore {
            SessionStore::cookie_only()
        }
    }
}
