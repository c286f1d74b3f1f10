//! The kits are imported by the paths of their modules.

use pavex::Blueprint;
use pavex::blueprint::from;
use session::FINALIZE_SESSION;

/// The application.
pub fn blueprint() -> Blueprint {
    let mut bp = Blueprint::new();
    bp.import(from![pavex, session::kit, session_memory::kit]);
    bp.post_process(FINALIZE_SESSION);
    bp.routes(from![crate::routes::visits]);
    bp
}
