//! Two stores are imported, in the other order than in [`two_stores`](super::two_stores).

use pavex::Blueprint;
use pavex::blueprint::from;

/// The application.
pub fn blueprint() -> Blueprint {
    let mut bp = Blueprint::new();
    bp.import(from![pavex]);
    session::install(&mut bp);
    bp.import(session::cookie_only::kit());
    bp.import(session_memory::kit());
    bp.routes(from![crate::routes::visits]);
    bp
}
