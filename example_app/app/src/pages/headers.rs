//! The security headers of all responses.

use pavex::http::header::{
    CONTENT_SECURITY_POLICY, HeaderName, HeaderValue, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
    X_CONTENT_TYPE_OPTIONS,
};
use pavex::{Response, post_process};
use session::SessionPolicy;

use crate::configuration::ServerConfig;

const HEADERS: [(HeaderName, &str); 6] = [
    // Style sheets and pictures of this site, and one script, with the requests that it sends.
    (
        CONTENT_SECURITY_POLICY,
        "default-src 'none'; script-src 'sha256-7AsV+Tp46zRkSZsExIWwZG57FqDF8Rh7NogkDZZLQ3Y='; connect-src 'self'; style-src 'self'; \
         img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
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

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::prelude::BASE64_STANDARD;
    use sha2::{Digest, Sha256};

    use super::*;
    use crate::pages::layout::WARNING_SCRIPT;

    #[test]
    fn the_policy_allows_the_script_of_the_pages_and_no_other() {
        let hash = BASE64_STANDARD.encode(Sha256::digest(WARNING_SCRIPT));
        let (_, policy) = HEADERS[0];
        let scripts = format!("script-src 'sha256-{hash}';");
        assert!(
            policy.contains(&scripts),
            "{policy} has to contain {scripts}"
        );
    }
}
