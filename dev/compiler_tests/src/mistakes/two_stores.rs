//! Two stores are imported.
//!
//! pavexc uses the one that is imported last, here the one without server-side state. It warns that
//! the other one is never used.

use pavex::Blueprint;
use pavex::blueprint::from;

/// The application.
pub fn blueprint() -> Blueprint {
    let mut bp = Blueprint::new();
    bp.import(from![pavex]);
    session::install(&mut bp);
    bp.import(session_memory::kit());
    bp.import(session::cookie_only::kit());
    bp.routes(from![crate::routes::visits]);
    bp
}
