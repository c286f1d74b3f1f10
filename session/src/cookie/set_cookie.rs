use std::time::Duration;

use pavex::cookie::ResponseCookie;
use pavex::http::HeaderValue;

use crate::config::SessionCookieConfig;

/// Browsers ignore a cookie whose name and value together are longer (RFC 6265bis, section 5.6).
pub(crate) const MAX_LEN: usize = 4096;

/// The attributes of the session cookie, of which only `Max-Age` differs from one to the next: `; Path=/; …`.
///
/// A removal repeats them all, or browsers ignore it.
pub(crate) fn attributes(config: &SessionCookieConfig) -> String {
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

/// A `Set-Cookie` header. `max_age` is rounded down to seconds: the cookie never promises more than
/// the store keeps.
pub(crate) fn header(
    name: &str,
    value: &str,
    attributes: &str,
    max_age: Option<Duration>,
) -> HeaderValue {
    // One allocation of the right size, which the header takes over.
    let header = match max_age {
        Some(max_age) => {
            let seconds = max_age.as_secs().to_string();
            [name, "=", value, attributes, "; Max-Age=", &seconds].concat()
        }
        None => [name, "=", value, attributes].concat(),
    };
    // `config::rules` checked the name and the attributes; a protected value is base64url.
    HeaderValue::try_from(header).expect("a valid cookie is a valid header value")
}
