//! The health check for load balancers: a route without a session.

use pavex::Response;
use pavex::get;

/// Reports that the server runs. It uses neither the session nor the store, so it works without
/// them.
#[get(path = "/health")]
pub fn health() -> Response {
    Response::ok().set_typed_body("ok")
}
