//! What all responses tell the browser about how far to trust them.

use pavex::http::header::{
    CONTENT_SECURITY_POLICY, HeaderName, HeaderValue, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use pavex::{Response, post_process};

const HEADERS: [(HeaderName, &str); 6] = [
    // Nothing but this site's own style sheet and pictures, and no scripts at all.
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

/// Puts them into every response.
#[post_process]
pub fn security_headers(response: Response) -> Response {
    HEADERS
        .into_iter()
        .fold(response, |response, (name, value)| {
            response.insert_header(name, HeaderValue::from_static(value))
        })
}
