//! `FINALIZE_SESSION` is missing.
//!
//! pavexc accepts that, because no handler requires a middleware. The changes of a handler are
//! lost. The library detects this only at run time: it logs an error when the session is dropped.

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
