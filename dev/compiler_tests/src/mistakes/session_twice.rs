//! A handler takes the session twice, to read and to write.
//!
//! pavexc panics, but its last words say why. The handler should take `&mut Session` alone.

use pavex::blueprint::from;
use pavex::{Blueprint, Response, get};
use session::Session;

/// The application.
pub fn blueprint() -> Blueprint {
    let mut bp = Blueprint::new();
    bp.import(from![pavex]);
    session::install(&mut bp);
    bp.import(session_memory::kit());
    bp.routes(from![self]);
    bp
}

/// The handler.
#[get(path = "/twice")]
pub async fn twice(read: &Session, write: &mut Session) -> Response {
    _ = (read, write);
    Response::ok()
}
