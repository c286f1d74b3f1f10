//! The two middlewares are in the wrong order.
//!
//! pavexc refuses that, because the one takes the jar of cookies that the other fills. Its advice, to
//! make the jar clonable, is wrong: the cookie would go into the original, too late. Swap the two.

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
