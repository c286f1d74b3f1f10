//! `FINALIZE_SESSION` is missing.
//!
//! pavexc accepts that: a middleware is nothing that a handler asks for. What the handler writes to
//! the session is lost. The library can tell only at run time, when the session is dropped: it logs
//! an error.

use pavex::Blueprint;
use pavex::blueprint::from;

/// The application.
pub fn blueprint() -> Blueprint {
    let mut bp = Blueprint::new();
    bp.import(from![pavex]);
    bp.import(session::kit());
    bp.import(session_memory::kit());
    bp.routes(from![crate::routes::visits]);
    bp
}
