use pavex::http::header::{HOST, HeaderName, ORIGIN};
use pavex::http::{HeaderMap, Method};
use pavex::middleware::Processing;
use pavex::request::RequestHead;
use pavex::{Response, pre_process};

use crate::config::SessionPolicy;
use crate::telemetry;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The middleware that refuses what pages of other origins want to change (CSRF; OWASP ASVS 5.0,
/// 3.5.1), for applications that cannot rely on `SameSite` alone.
///
/// Register [`CROSS_ORIGIN_PROTECTION`] as a pre-processing middleware: it applies to the routes
/// that are registered after it. It needs no token in forms, since browsers say where a request
/// comes from:
///
/// 1. The safe methods `GET`, `HEAD` and `OPTIONS` pass; they must not change anything.
/// 2. `Sec-Fetch-Site: same-origin` and `none` (the visitor's own doing) pass. Any other value is
///    refused, unless the `Origin` is one of `session.cross_origin.trusted_origins`.
/// 3. Without `Sec-Fetch-Site`, an `Origin` passes that has the request's own host and port, or is
///    trusted.
/// 4. A request with neither header is not from a browser, and passes.
///
/// A refused request is answered with `403 Forbidden`. The rules are those of Go's
/// `net/http.CrossOriginProtection`.
#[pre_process]
pub fn cross_origin_protection(head: &RequestHead, policy: &SessionPolicy) -> Processing {
    let trusted = &policy.config().cross_origin.trusted_origins;
    match judge(head, trusted) {
        Ok(()) => Processing::Continue,
        Err(reason) => {
            telemetry::cross_origin(reason);
            let response = Response::forbidden().set_typed_body("cross-origin request refused");
            Processing::EarlyReturn(response)
        }
    }
}

fn judge(head: &RequestHead, trusted: &[String]) -> Result<(), &'static str> {
    if matches!(head.method, Method::GET | Method::HEAD | Method::OPTIONS) {
        return Ok(());
    }
    let origin = only(&head.headers, ORIGIN);
    let is_trusted = |origin: &str| trusted.iter().any(|trusted| trusted == origin);
    match only(&head.headers, SEC_FETCH_SITE) {
        Some("same-origin" | "none") => Ok(()),
        Some(_) if origin.is_some_and(is_trusted) => Ok(()),
        Some(_) => Err("Sec-Fetch-Site says that it comes from another origin"),
        None => match origin {
            None => Ok(()),
            Some(origin) if is_trusted(origin) || is_own(origin, head) => Ok(()),
            Some(_) => Err("Origin is not the host of the request, and there is no Sec-Fetch-Site"),
        },
    }
}

/// The value of a header. What is there twice, or is no text, is nothing that a browser sends: it
/// counts as empty, which no rule lets pass.
fn only(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    let mut values = headers.get_all(name).into_iter();
    let first = values.next()?;
    match values.next() {
        None => Some(first.to_str().unwrap_or_default()),
        Some(_) => Some(""),
    }
}

/// Whether that is the host, with the port, which the request was sent to. Its scheme is not known
/// behind a proxy that terminates TLS.
fn is_own(origin: &str, head: &RequestHead) -> bool {
    let host = match head.target.authority() {
        Some(authority) => Some(authority.as_str()),
        None => only(&head.headers, HOST),
    };
    let origin = origin.split_once("://").map(|(_scheme, host)| host);
    origin.is_some() && origin == host && origin != Some("")
}
