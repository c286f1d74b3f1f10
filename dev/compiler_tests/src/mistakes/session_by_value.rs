//! A handler requires the session by value, but `FINALIZE_SESSION` needs it afterwards.
//!
//! pavexc refuses that. Its advice, to make the session clonable, cannot be followed: a session is
//! not `Clone`. The handler should require `&Session` or `&mut Session`.

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
#[get(path = "/consumes")]
pub async fn consumes(session: Session) -> Response {
    drop(session);
    Response::ok()
}
