//! The middleware of pavex for other cookies comes before the one for sessions.
//!
//! The session cookie does not go through the jar of pavex, which is empty by the time at which the
//! sessions are finalized.

use pavex::Blueprint;
use pavex::blueprint::from;
use pavex::cookie::INJECT_RESPONSE_COOKIES;
use session::FINALIZE_SESSION;

/// The application.
pub fn blueprint() -> Blueprint {
    let mut bp = Blueprint::new();
    bp.import(from![pavex]);
    bp.import(session::kit());
    bp.import(session_memory::kit());
    bp.post_process(INJECT_RESPONSE_COOKIES);
    bp.post_process(FINALIZE_SESSION);
    bp.routes(from![crate::routes::visits]);
    bp
}
