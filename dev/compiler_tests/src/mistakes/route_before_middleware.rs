//! The route is registered before the middleware.
//!
//! pavexc accepts that, because a middleware applies to the routes after it. The handler gets a
//! session, and its changes are lost, as without `FINALIZE_SESSION`.

use pavex::Blueprint;
use pavex::blueprint::from;

/// The application.
pub fn blueprint() -> Blueprint {
    let mut bp = Blueprint::new();
    bp.import(from![pavex]);
    bp.import(session_memory::kit());
    bp.routes(from![crate::routes::visits]);
    session::install(&mut bp);
    bp
}
