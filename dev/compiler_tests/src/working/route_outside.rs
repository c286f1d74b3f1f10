//! A route that does not use sessions is registered before the middleware.

use pavex::Blueprint;
use pavex::blueprint::from;

/// The application.
pub fn blueprint() -> Blueprint {
    let mut bp = Blueprint::new();
    bp.import(from![pavex]);
    bp.import(session_memory::kit());
    bp.routes(from![crate::routes::health]);
    session::install(&mut bp);
    bp.routes(from![crate::routes::visits]);
    bp
}
