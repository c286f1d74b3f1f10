//! The `Set-Cookie` header, and the size of all headers that a session adds to a response.

use std::time::Duration;

use pavex::cookie::ResponseCookie;
use pavex::http::HeaderValue;

use super::keys::Sealed;
use crate::config::cookie::SessionCookieConfig;
use crate::config::session::SessionConfig;

/// The largest size of name and value together; browsers ignore larger cookies (RFC 6265bis,
/// section 5.6).
pub(crate) const MAX_NAME_AND_VALUE: usize = 4096;

const MAX_AGE: &str = "; Max-Age=";

/// The headers of a session without name, value and attributes of its cookie, and without the kinds
/// of data that a log-out clears. `Max-Age` is at most 400 days, in seconds.
const HEADERS_WITHOUT_COOKIE: &str = "Set-Cookie: =; Max-Age=34560000\r\n\
                                      Vary: Cookie\r\n\
                                      Cache-Control: private, no-store\r\n\
                                      Clear-Site-Data: \r\n";

/// Returns the attributes of the session cookie except `Max-Age`: `; Path=/; …`.
///
/// A removal repeats them all, or browsers ignore it.
pub(super) fn attributes(config: &SessionCookieConfig) -> String {
    let mut cookie = ResponseCookie::new(config.name.as_str(), "")
        .set_path(config.path.as_str())
        .set_secure(config.secure)
        // The session cookie is never for scripts (OWASP ASVS 5.0, 3.3.4).
        .set_http_only(true)
        .set_same_site(Some(config.same_site.into()));
    if let Some(domain) = &config.domain {
        cookie = cookie.set_domain(domain.as_str());
    }
    if config.partitioned {
        cookie = cookie.set_partitioned(true);
    }
    cookie.to_string()[config.name.len() + "=".len()..].to_owned()
}

/// Returns the `Set-Cookie` header. Without a value, it removes the cookie.
///
/// `max_age` is rounded down to seconds, so that the cookie never outlives its record.
pub(super) fn header(
    name: &str,
    value: Option<&Sealed>,
    attributes: &str,
    max_age: Option<Duration>,
) -> HeaderValue {
    let mut digits = itoa::Buffer::new();
    let max_age = max_age.map(|max_age| [MAX_AGE, digits.format(max_age.as_secs())]);
    let [max_age, secs] = max_age.unwrap_or_default();
    let len = name.len() + "=".len() + value.map_or(0, Sealed::len) + attributes.len();
    // The exact length: a `HeaderValue` keeps it without another allocation.
    let mut header = Vec::with_capacity(len + max_age.len() + secs.len());
    for part in [name, "="] {
        header.extend_from_slice(part.as_bytes());
    }
    if let Some(value) = value {
        value.append_to(&mut header);
    }
    for part in [attributes, max_age, secs] {
        header.extend_from_slice(part.as_bytes());
    }
    // `config::rules` has checked the name and the attributes; a protected value is base64url.
    HeaderValue::try_from(header).expect("a valid cookie is a valid header value")
}

/// Returns the size of the headers of a session whose cookie has a value of `value_len` bytes.
pub(crate) fn header_size(config: &SessionConfig, value_len: usize) -> usize {
    let cookie = config.cookie.name.len() + value_len + attributes(&config.cookie).len();
    let cleared = config.caching.clear_site_data(false);
    HEADERS_WITHOUT_COOKIE.len() + cookie + cleared.map_or(0, |value| value.len())
}

/// Returns the size of the largest value that browsers and the configured limit allow.
pub(super) fn max_value_len(config: &SessionConfig) -> usize {
    let cookie = &config.cookie;
    let in_headers = cookie
        .max_header_size
        .saturating_sub(header_size(config, 0));
    in_headers.min(MAX_NAME_AND_VALUE.saturating_sub(cookie.name.len()))
}
