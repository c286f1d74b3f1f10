//! Other handlers of the README.

/// The README's handlers, word for word: a test compares them.
#[allow(missing_docs, missing_debug_implementations)]
pub mod devices;

/// As above.
#[allow(missing_docs)]
pub mod news;

use pavex::Blueprint;
use pavex::blueprint::from;

/// The application.
pub fn blueprint() -> Blueprint {
    let mut bp = Blueprint::new();
    bp.import(from![pavex]);
    bp.import(session_memory::kit());
    session::install(&mut bp);
    bp.routes(from![crate::working::readme]);
    bp
}
