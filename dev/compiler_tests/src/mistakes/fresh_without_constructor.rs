//! A handler asks for a `Fresh` of the application's own type, which nothing makes.

use pavex::blueprint::from;
use pavex::{Blueprint, Response, post};
use session::Fresh;
use session::fresh::FiveMinutes;

/// A type of the application.
#[derive(Debug)]
pub struct Admin;

/// A handler that needs what there is not.
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
