//! The components of pavex are not imported.
//!
//! pavexc names each type that is missing, but not the import that contains all of them.

use pavex::Blueprint;
use pavex::blueprint::from;

/// The application.
pub fn blueprint() -> Blueprint {
    let mut bp = Blueprint::new();
    session::install(&mut bp);
    bp.import(session_memory::kit());
    bp.routes(from![crate::routes::visits]);
    bp
}
