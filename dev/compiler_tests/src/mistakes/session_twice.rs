//! A handler has one argument that reads the session, and one that writes to it.
//!
//! pavexc panics, and the message of the panic contains the reason. The handler should have one
//! argument, `&mut Session`.

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
