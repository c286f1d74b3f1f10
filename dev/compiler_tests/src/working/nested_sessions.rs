//! The routes with sessions have a blueprint of their own, with the middlewares.

use pavex::Blueprint;
use pavex::blueprint::from;

/// The application.
pub fn blueprint() -> Blueprint {
    let mut bp = Blueprint::new();
    bp.import(from![pavex]);
    bp.import(session_memory::kit());
    bp.nest(with_sessions());
    bp.routes(from![crate::routes::health]);
    bp
}

fn with_sessions() -> Blueprint {
    let mut bp = Blueprint::new();
    session::install(&mut bp);
    bp.routes(from![crate::routes::visits]);
    bp
}
