//! An application without a store, whose state is in the cookie.

use pavex::Blueprint;
use pavex::blueprint::from;

/// The application.
pub fn blueprint() -> Blueprint {
    let mut bp = Blueprint::new();
    bp.import(from![pavex]);
    session::install(&mut bp);
    bp.import(session::cookie_only::kit());
    bp.routes(from![crate::routes::visits]);
    bp
}
