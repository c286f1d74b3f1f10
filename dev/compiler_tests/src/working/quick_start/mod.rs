//! The quick start of the README.

/// The README's handlers, word for word: a test compares them.
#[allow(missing_docs, missing_debug_implementations)]
pub mod routes;

use pavex::Blueprint;
use pavex::blueprint::from;

/// The application: the README's, but for the path of the routes.
pub fn blueprint() -> Blueprint {
    let mut bp = Blueprint::new();
    bp.import(from![pavex]);
    bp.import(session::kit());
    bp.import(session_memory::kit());
    bp.post_process(session::FINALIZE_SESSION); // for the routes that follow
    bp.routes(from![crate::working::quick_start::routes]);
    bp
}
