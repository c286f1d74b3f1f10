//! The headers that keep pages of a session out of caches.

use pavex::http::HeaderMap;
use pavex::http::header::{CACHE_CONTROL, HeaderName, HeaderValue, VARY};

use crate::config::PageCaching;

/// Adds `Vary: Cookie` to a response that depends on the session.
pub(super) fn vary_by_cookie(headers: &mut HeaderMap) {
    if !names_one_of(headers, VARY, &["*", "cookie"]) {
        headers.append(VARY, HeaderValue::from_static("Cookie"));
    }
}

/// Keeps a response with a session cookie out of all caches that several visitors share.
///
/// A `Cache-Control` of the handler stays. If that header permits shared caches, the directives
/// added here overrule it, since they are more restrictive (RFC 9111, section 4.2.1).
pub(super) fn protect_cookie(headers: &mut HeaderMap) {
    if !names_one_of(headers, CACHE_CONTROL, &["private", "no-store"]) {
        let value = HeaderValue::from_static("private, no-store");
        headers.append(CACHE_CONTROL, value);
    }
}

/// Restricts the caches of a response that depends on the session, unless its handler did.
pub(super) fn protect_page(headers: &mut HeaderMap, pages: PageCaching) {
    let value = match pages {
        PageCaching::Private => "private",
        PageCaching::NoStore => "private, no-store",
        PageCaching::Any => return,
    };
    if !headers.contains_key(CACHE_CONTROL) {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static(value));
    }
}

/// Returns `true` if a header with comma-separated values has one of `tokens` among them.
fn names_one_of(headers: &HeaderMap, name: HeaderName, tokens: &[&str]) -> bool {
    let values = headers.get_all(name);
    let mut values = values.iter().filter_map(|value| value.to_str().ok());
    values.any(|value| {
        let mut given = value.split(',').map(str::trim);
        given.any(|given| tokens.iter().any(|token| given.eq_ignore_ascii_case(token)))
    })
}
