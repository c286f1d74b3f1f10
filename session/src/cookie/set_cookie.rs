//! The `Set-Cookie` header, and the size of all headers that a session adds to a response.

use std::fmt::Write;
use std::time::Duration;

use pavex::cookie::ResponseCookie;
use pavex::http::HeaderValue;

use crate::config::cookie::SessionCookieConfig;
use crate::config::session::SessionConfig;

/// The largest size of name and value together; browsers ignore larger cookies (RFC 6265bis,
/// section 5.6).
pub(crate) const MAX_NAME_AND_VALUE: usize = 4096;

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

/// A `Set-Cookie` header, written from left to right into one allocation.
pub(super) struct SetCookie<'a> {
    header: String,
    attributes: &'a str,
}

impl<'a> SetCookie<'a> {
    /// Begins a header for a value that is a letter and the base64 of at most `content` bytes.
    pub(super) fn new(name: &str, attributes: &'a str, content: usize) -> Self {
        let len = name.len() + "=s".len() + (content * 4).div_ceil(3) + attributes.len();
        let mut header = String::with_capacity(len + "; Max-Age=34560000".len());
        header.extend([name, "="]);
        Self { header, attributes }
    }

    /// Returns the header up to the end of the value, which is to be appended.
    pub(super) fn value(&mut self) -> &mut String {
        &mut self.header
    }

    /// Returns the header.
    ///
    /// `max_age` is rounded down to seconds, so that the cookie never outlives its record.
    pub(super) fn finish(mut self, max_age: Option<Duration>) -> HeaderValue {
        self.header.push_str(self.attributes);
        if let Some(max_age) = max_age {
            write!(self.header, "; Max-Age={}", max_age.as_secs())
                .expect("a text takes as many characters as there is memory");
        }
        // `config::rules` has checked the name and the attributes; a protected value is base64url.
        HeaderValue::try_from(self.header).expect("a valid cookie is a valid header value")
    }
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
