use pavex::http::header::{HOST, HeaderName, ORIGIN};
use pavex::http::{HeaderMap, Method};
use pavex::middleware::Processing;
use pavex::request::RequestHead;
use pavex::{Response, pre_process};

use crate::config::SessionPolicy;
use crate::telemetry;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The middleware that refuses changes requested by pages of other origins (CSRF; OWASP ASVS 5.0,
/// 3.5.1), for applications that cannot rely on `SameSite` alone.
///
/// Register [`CROSS_ORIGIN_PROTECTION`] as a pre-processing middleware: it applies to the routes
/// that are registered after it. Forms need no token, because browsers send the origin of a
/// request:
///
/// 1. A request with one of the safe methods `GET`, `HEAD` and `OPTIONS` passes. The handlers of
///    these methods must not change anything.
/// 2. With `Sec-Fetch-Site: same-origin` or `none` (an address that the visitor typed), it passes.
///    With any other value it is refused, unless its `Origin` is one of
///    `session.cross_origin.trusted_origins`.
/// 3. Without `Sec-Fetch-Site`, it passes if its `Origin` has the host and port of the request, or
///    is trusted.
/// 4. With neither header, it does not come from a browser and passes.
///
/// A refused request is answered with `403 Forbidden`. The rules are those of Go's
/// `net/http.CrossOriginProtection`.
///
/// # WebSockets
///
/// A WebSocket over HTTP/1.1 begins with a `GET`, so rule 1 lets it pass from each origin. A
/// handler that accepts an upgrade must compare `Origin` by itself.
///
/// # Behind a proxy
///
/// Current browsers send `Sec-Fetch-Site` over HTTPS and to `localhost`, so that rule 3 decides
/// only about old browsers and plain HTTP. It compares the `Origin` with the `Host` header, without
/// regard to case and to the default port of the origin's scheme. So the proxy must pass the
/// visitor's `Host` on, like nginx with `proxy_set_header Host $host`. If it sends a name of its
/// own, add the public origin to `trusted_origins`. `X-Forwarded-Host` is not read, because any
/// client can send it.
#[pre_process]
pub fn cross_origin_protection(head: &RequestHead, policy: &SessionPolicy) -> Processing {
    let trusted = &policy.config().cross_origin.trusted_origins;
    match check(head, trusted) {
        Ok(()) => Processing::Continue,
        Err(reason) => {
            telemetry::cross_origin(reason);
            let response = Response::forbidden().set_typed_body("cross-origin request refused");
            Processing::EarlyReturn(response)
        }
    }
}

fn check(head: &RequestHead, trusted: &[String]) -> Result<(), &'static str> {
    if matches!(head.method, Method::GET | Method::HEAD | Method::OPTIONS) {
        return Ok(());
    }
    let origin = only(&head.headers, ORIGIN);
    let is_trusted = |origin: &str| trusted.iter().any(|trusted| trusted == origin);
    match only(&head.headers, SEC_FETCH_SITE) {
        Some("same-origin" | "none") => Ok(()),
        Some(_) if origin.is_some_and(is_trusted) => Ok(()),
        Some(_) => Err("Sec-Fetch-Site is neither `same-origin` nor `none`"),
        None => match origin {
            None => Ok(()),
            Some(origin) if is_trusted(origin) || is_own(origin, head) => Ok(()),
            Some(_) => Err("Origin is not the host of the request, and there is no Sec-Fetch-Site"),
        },
    }
}

/// Returns the value of a header.
///
/// A browser never repeats the header, nor writes anything but text into it. A request that does
/// has an empty value, which no rule accepts.
fn only(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    let mut values = headers.get_all(name).into_iter();
    let first = values.next()?;
    match values.next() {
        None => Some(first.to_str().unwrap_or_default()),
        Some(_) => Some(""),
    }
}

/// Returns `true` if `origin` has the host and port to which the request was sent.
///
/// The scheme of the request is not known behind a proxy that terminates TLS.
fn is_own(origin: &str, head: &RequestHead) -> bool {
    let authority = head.target.authority().map(|authority| authority.as_str());
    let host = authority.or_else(|| only(&head.headers, HOST));
    let (Some((scheme, origin)), Some(host)) = (origin.split_once("://"), host) else {
        return false;
    };
    let default_port = match scheme {
        "https" => ":443",
        "http" => ":80",
        _ => return false,
    };
    let host = host.strip_suffix(default_port).unwrap_or(host);
    !host.is_empty() && origin.eq_ignore_ascii_case(host)
}
