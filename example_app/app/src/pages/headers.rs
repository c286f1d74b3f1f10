//! The security headers of all responses.

use pavex::http::header::{
    CONTENT_SECURITY_POLICY, HeaderName, HeaderValue, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
    X_CONTENT_TYPE_OPTIONS,
};
use pavex::{Response, post_process};
use session::SessionPolicy;

use crate::configuration::ServerConfig;

const HEADERS: [(HeaderName, &str); 6] = [
    // Style sheets and pictures of this site, and no scripts.
    (
        CONTENT_SECURITY_POLICY,
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; \
         frame-ancestors 'none'",
    ),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (REFERRER_POLICY, "same-origin"),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), geolocation=(), microphone=()",
    ),
];

/// Adds the headers to a response.
///
/// A shop whose cookie is `Secure` is behind HTTPS, so browsers shall use nothing else for it. They
/// ignore that header over plain HTTP.
#[post_process]
pub fn security_headers(
    response: Response,
    policy: &SessionPolicy,
    config: &ServerConfig,
) -> Response {
    let response = HEADERS
        .into_iter()
        .fold(response, |response, (name, value)| {
            response.insert_header(name, HeaderValue::from_static(value))
        });
    match HeaderValue::try_from(config.hsts.header()) {
        Ok(hsts) if policy.config().cookie.secure => {
            response.insert_header(STRICT_TRANSPORT_SECURITY, hsts)
        }
        _ => response,
    }
}
