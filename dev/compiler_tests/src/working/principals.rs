//! The signature of a handler declares who may call it.

use pavex::Blueprint;
use pavex::blueprint::from;
use session::CROSS_ORIGIN_PROTECTION;

/// The application.
pub fn blueprint() -> Blueprint {
    let mut bp = Blueprint::new();
    bp.import(from![pavex]);
    bp.import(session_memory::kit());
    session::install(&mut bp);
    bp.pre_process(CROSS_ORIGIN_PROTECTION);
    bp.import(from![crate::routes::members]);
    bp.routes(from![crate::routes::members]);
    bp
}
