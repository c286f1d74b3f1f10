//! For load balancers.

use pavex::Response;
use pavex::get;

/// The server is up. No session, no store: it answers whatever their state is.
#[get(path = "/health")]
pub fn health() -> Response {
    Response::ok().set_typed_body("ok")
}
