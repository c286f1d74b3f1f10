//! A handler requires a `Fresh` of the application's own type, for which there is no constructor.

use pavex::blueprint::from;
use pavex::{Blueprint, Response, post};
use session::Fresh;
use session::fresh::FiveMinutes;

/// A type of the application.
#[derive(Debug)]
pub struct Admin;

/// A handler with a dependency that has no constructor.
#[post(path = "/shutdown")]
pub fn shutdown(admin: &Fresh<Admin, FiveMinutes>) -> Response {
    _ = admin;
    Response::ok()
}

/// The application.
pub fn blueprint() -> Blueprint {
    let mut bp = Blueprint::new();
    bp.import(from![pavex]);
    bp.import(session_memory::kit());
    session::install(&mut bp);
    bp.routes(from![self]);
    bp
}
