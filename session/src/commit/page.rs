//! Pages that the visitor sees, in contrast to responses that show nothing.

use pavex::http::header::HeaderName;
use pavex::http::{HeaderMap, Method, StatusCode};
use pavex::request::RequestHead;

/// The headers by which browsers and libraries announce a request made in advance: that of the
/// standard, the one that scripts have to use in its place, and those of older browsers.
static PURPOSE: [HeaderName; 5] = [
    HeaderName::from_static("sec-purpose"),
    HeaderName::from_static("x-sec-purpose"),
    HeaderName::from_static("purpose"),
    HeaderName::from_static("x-purpose"),
    HeaderName::from_static("x-moz"),
];
static SEC_FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");

/// Returns `true` if the response is a page, and the visitor sees it.
///
/// A page that a browser fetches in advance may never be shown. A success without content, a
/// redirect and "not modified" show nothing. An error page is not the page that the visitor asked
/// for.
pub(super) fn is_seen(head: &RequestHead, status: StatusCode) -> bool {
    let without_content = [StatusCode::NO_CONTENT, StatusCode::RESET_CONTENT];
    status.is_success()
        && !without_content.contains(&status)
        && head.method != Method::HEAD
        && !is_prefetch(&head.headers)
}

/// Returns `true` if the response replaces the page in a window of the browser.
///
/// Browsers without `Sec-Fetch-Mode`, and clients that are not browsers, do not distinguish such
/// requests; theirs count.
pub(super) fn is_navigation(head: &RequestHead) -> bool {
    let mode = head.headers.get(&SEC_FETCH_MODE);
    mode.is_none_or(|mode| mode == "navigate") && !is_prefetch(&head.headers)
}

fn is_prefetch(headers: &HeaderMap) -> bool {
    let values = PURPOSE.iter().flat_map(|name| headers.get_all(name));
    let mut values = values.filter_map(|value| value.to_str().ok());
    values.any(|value| {
        // Such as `prefetch;prerender`.
        let mut tokens = value.split([';', ',']).map(str::trim);
        tokens.any(|token| ["prefetch", "prerender", "preview"].contains(&token))
    })
}
