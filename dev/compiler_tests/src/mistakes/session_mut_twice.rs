//! A handler has two arguments through which it writes to the session.
//!
//! pavexc accepts that and generates a call `twice_mut(v0, v0)`, which the Rust compiler refuses
//! (E0499). The handler should have one argument, `&mut Session`.

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
#[get(path = "/twice_mut")]
pub async fn twice_mut(one: &mut Session, other: &mut Session) -> Response {
    _ = (one, other);
    Response::ok()
}
