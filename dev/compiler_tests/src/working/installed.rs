//! `session::install` in place of the kit and the middleware.

use pavex::Blueprint;
use pavex::blueprint::from;

/// The application.
pub fn blueprint() -> Blueprint {
    let mut bp = Blueprint::new();
    bp.import(from![pavex]);
    session::install(&mut bp);
    bp.import(session_memory::kit());
    bp.routes(from![crate::routes::visits]);
    bp
}
