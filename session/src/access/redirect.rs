use pavex::Response;
use pavex::http::Method;
use pavex::http::header::{HeaderValue, LOCATION};
use pavex::request::RequestHead;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// All but the unreserved characters of RFC 3986, section 2.3, and the slash.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'/');

/// `303 See Other` to `path`, with the page that was asked for in the query parameter `next`. Only
/// what was asked for with `GET` or `HEAD` can be asked for again.
pub(crate) fn to_page(path: &str, head: &RequestHead) -> Response {
    let mut location = path.to_owned();
    if matches!(head.method, Method::GET | Method::HEAD) {
        let wanted = head.target.path_and_query().map_or("/", |w| w.as_str());
        location.push(if path.contains('?') { '&' } else { '?' });
        location.push_str("next=");
        location.extend(utf8_percent_encode(wanted, ENCODED));
    }
    match HeaderValue::try_from(location) {
        Ok(location) => Response::see_other().insert_header(LOCATION, location),
        // The policy was checked to have a path of printable characters.
        Err(_) => Response::internal_server_error(),
    }
}
