//! No store is imported.

use pavex::Blueprint;
use pavex::blueprint::from;

/// The application.
pub fn blueprint() -> Blueprint {
    let mut bp = Blueprint::new();
    bp.import(from![pavex]);
    session::install(&mut bp);
    bp.routes(from![crate::routes::visits]);
    bp
}
