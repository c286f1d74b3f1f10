//! The security headers of all responses.

use pavex::http::header::{
    CONTENT_SECURITY_POLICY, HeaderName, HeaderValue, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use pavex::{Response, post_process};

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
#[post_process]
pub fn security_headers(response: Response) -> Response {
    HEADERS
        .into_iter()
        .fold(response, |response, (name, value)| {
            response.insert_header(name, HeaderValue::from_static(value))
        })
}
