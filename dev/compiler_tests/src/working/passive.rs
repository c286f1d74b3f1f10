//! One handler is passive by its signature, and a nested blueprint by its middleware.

use pavex::Blueprint;
use pavex::blueprint::from;

/// The application.
pub fn blueprint() -> Blueprint {
    let mut bp = Blueprint::new();
    bp.import(from![pavex]);
    bp.import(session_memory::kit());
    session::install(&mut bp);
    bp.routes(from![crate::routes::polling]);
    bp.nest(passive());
    bp
}

fn passive() -> Blueprint {
    let mut bp = Blueprint::new();
    bp.pre_process(session::PASSIVE_REQUESTS);
    bp.routes(from![crate::routes::visits]);
    bp
}
