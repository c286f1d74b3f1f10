//! The middleware of pavex for other cookies comes after the one for sessions.

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
    bp.post_process(FINALIZE_SESSION);
    bp.post_process(INJECT_RESPONSE_COOKIES);
    bp.routes(from![crate::routes::visits]);
    bp
}
