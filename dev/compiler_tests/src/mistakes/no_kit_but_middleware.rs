//! The middleware is registered, but the kit is not imported.

use pavex::Blueprint;
use pavex::blueprint::from;
use session::FINALIZE_SESSION;

/// The application.
pub fn blueprint() -> Blueprint {
    let mut bp = Blueprint::new();
    bp.import(from![pavex]);
    bp.import(session_memory::kit());
    bp.post_process(FINALIZE_SESSION);
    bp.routes(from![crate::routes::visits]);
    bp
}
