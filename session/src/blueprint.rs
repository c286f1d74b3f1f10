use pavex::Blueprint;
use pavex::blueprint::{Import, from};

use crate::commit::FINALIZE_SESSION;

/// Returns all components except a store, to import into a blueprint: the constructors of
/// [`IncomingSession`](crate::IncomingSession), [`Session`](crate::Session),
/// [`SessionPolicy`](crate::SessionPolicy), [`Principal`](crate::Principal),
/// [`Fresh`](crate::Fresh), [`Recent`](crate::Recent), [`PassiveRequest`](crate::PassiveRequest),
/// [`SessionRegistry`](crate::SessionRegistry) and
/// [`CheckedSessionStore`](crate::CheckedSessionStore), the configuration type
/// [`SessionConfig`](crate::SessionConfig), and the error handlers of
/// [`SessionError`](crate::SessionError), [`PrincipalError`](crate::PrincipalError) and
/// [`FreshError`](crate::FreshError).
///
/// The middleware [`FINALIZE_SESSION`] is registered separately; [`install`] does both.
///
/// # Example
///
/// ```
/// # use session_kit as session;
/// use pavex::{Blueprint, blueprint::from};
///
/// let mut bp = Blueprint::new();
/// bp.import(from![pavex]);
/// bp.import(session::kit());
/// bp.import(session_memory::kit());
/// bp.post_process(session::FINALIZE_SESSION);
/// ```
pub fn kit() -> Import {
    from![crate::kit]
}

/// Imports [`kit()`](kit()) and registers the middleware [`FINALIZE_SESSION`], for the routes that
/// are registered after it.
///
/// A store is to be imported as well.
///
/// # Example
///
/// ```
/// # use session_kit as session;
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
}
