use std::time::Duration;

use pavex::cookie::{Processor, ResponseCookie};
use pavex::http::HeaderValue;
use pavex::time::SignedDuration;

use crate::config::{CookiePersistence, SessionCookieConfig};

/// Browsers ignore a cookie whose name and value together are longer (RFC 6265bis, section 5.6).
pub(crate) const MAX_LEN: usize = 4096;

/// The header that sets the session cookie, with the value encrypted or signed.
///
/// `lifetime` is rounded down to seconds: the cookie never promises more than the store keeps.
pub(crate) fn set_cookie(
    config: &SessionCookieConfig,
    processor: &Processor,
    value: String,
    lifetime: Duration,
) -> HeaderValue {
    let cookie = processor.process_outgoing(with_attributes(config, value));
    header(match config.persistence {
        CookiePersistence::Persistent => cookie.set_max_age(seconds(lifetime)),
        CookiePersistence::BrowserSession => cookie,
    })
}

/// The header that removes the session cookie: the same attributes, or browsers ignore it.
pub(crate) fn remove_cookie(config: &SessionCookieConfig) -> HeaderValue {
    header(with_attributes(config, String::new()).set_max_age(SignedDuration::ZERO))
}

fn header(cookie: ResponseCookie<'_>) -> HeaderValue {
    let header = HeaderValue::try_from(cookie.to_string());
    // `config::rules` checked the name and the attributes; a protected value is base64url.
    header.expect("a valid cookie is a valid header value")
}

fn with_attributes(config: &SessionCookieConfig, value: String) -> ResponseCookie<'static> {
    let mut cookie = ResponseCookie::new(config.name.clone(), value)
        .set_path(config.path.clone())
        .set_secure(config.secure)
        // The session cookie is never for scripts (OWASP ASVS 5.0, 3.3.4).
        .set_http_only(true)
        .set_same_site(Some(config.same_site.into()));
    if let Some(domain) = &config.domain {
        cookie = cookie.set_domain(domain.clone());
    }
    if config.partitioned {
        cookie = cookie.set_partitioned(true);
    }
    cookie
}

fn seconds(lifetime: Duration) -> SignedDuration {
    SignedDuration::from_secs(i64::try_from(lifetime.as_secs()).unwrap_or(i64::MAX))
}
