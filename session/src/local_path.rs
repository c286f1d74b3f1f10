use std::fmt;
use std::str::FromStr;

use pavex::Response;
use pavex::http::Method;
use pavex::http::header::{HeaderValue, LOCATION};
use pavex::request::RequestHead;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// A path of this site, with its query: a safe target of a redirect.
///
/// A log-in page gets the page that the visitor asked for in the query parameter `next`. Anyone can
/// write a link with any `next`, so following it unchecked sends visitors to another site right
/// after they have logged in (an open redirect). A `LocalPath` cannot lead to another site.
///
/// # Example
///
/// ```
/// # use session_kit as session;
/// use pavex::Response;
/// use session::LocalPath;
///
/// /// After a log-in, with the `next` that came with the form.
/// fn welcome(next: Option<&str>) -> Response {
///     let next = next.and_then(LocalPath::parse).unwrap_or_default();
///     next.see_other()
/// }
///
/// assert_eq!(welcome(Some("/cart?sort=price")).headers()["Location"], "/cart?sort=price");
/// assert_eq!(welcome(Some("//evil.example")).headers()["Location"], "/");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LocalPath(String);

/// All characters except the unreserved ones of RFC 3986, section 2.3, and the slash.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'/');

impl LocalPath {
    /// The largest length, in bytes.
    pub const MAX_LEN: usize = 1024;

    /// Returns the path, or `None` if a browser might follow it to another site.
    ///
    /// A local path starts with one `/` and has at most [`MAX_LEN`](Self::MAX_LEN) printable ASCII
    /// characters without space and `\`. Browsers take `//host` and `/\host` for another site, and
    /// remove tabs and line breaks first.
    pub fn parse(text: &str) -> Option<Self> {
        let allowed = |byte: u8| byte.is_ascii_graphic() && byte != b'\\';
        let is_local = text.starts_with('/')
            && !text.starts_with("//")
            && text.len() <= Self::MAX_LEN
            && text.bytes().all(allowed);
        is_local.then(|| Self(text.to_owned()))
    }

    /// Returns the path and query that a request asked for, so that the visitor can come back
    /// later; `/` if it is not a local path.
    pub fn requested(head: &RequestHead) -> Self {
        let wanted = head.target.path_and_query();
        let wanted = wanted.and_then(|wanted| Self::parse(wanted.as_str()));
        wanted.unwrap_or_default()
    }

    /// Returns this path with `next` in the query parameter of that name, and without a fragment.
    ///
    /// # Example
    ///
    /// ```
    /// # use session_kit as session;
    /// use session::LocalPath;
    ///
    /// let log_in = LocalPath::parse("/login").expect("a local path");
    /// let account = LocalPath::parse("/account?tab=a").expect("a local path");
    /// assert_eq!(log_in.with_next(&account).as_str(), "/login?next=/account%3Ftab%3Da");
    /// ```
    #[must_use]
    pub fn with_next(mut self, next: &Self) -> Self {
        let end = self.0.find('#').unwrap_or(self.0.len());
        self.0.truncate(end);
        self.0.push(if self.0.contains('?') { '&' } else { '?' });
        self.0.push_str("next=");
        self.0.extend(utf8_percent_encode(&next.0, ENCODED));
        self
    }

    /// Returns the path.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the response `303 See Other`, with which a browser gets this path.
    pub fn see_other(&self) -> Response {
        let location = HeaderValue::from_str(&self.0);
        let location = location.expect("a local path has printable ASCII characters only");
        Response::see_other().insert_header(LOCATION, location)
    }
}

/// Redirects to `page`, with the page that was asked for in the query parameter `next`.
///
/// Only a request with `GET` or `HEAD` can be repeated after the log-in.
pub(crate) fn to_page(page: &str, head: &RequestHead) -> Response {
    // The policy was checked to have local paths only.
    let page = LocalPath::parse(page).unwrap_or_default();
    match head.method {
        Method::GET | Method::HEAD => page.with_next(&LocalPath::requested(head)).see_other(),
        _ => page.see_other(),
    }
}

/// The home page: `/`.
impl Default for LocalPath {
    fn default() -> Self {
        Self("/".to_owned())
    }
}

impl FromStr for LocalPath {
    type Err = InvalidLocalPath;

    fn from_str(text: &str) -> Result<Self, InvalidLocalPath> {
        Self::parse(text).ok_or(InvalidLocalPath)
    }
}

impl AsRef<str> for LocalPath {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for LocalPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The text is not a path of this site.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "not a path of this site: it must start with one `/` and have at most {max} printable ASCII \
     characters without `\\`",
    max = LocalPath::MAX_LEN
)]
#[non_exhaustive]
pub struct InvalidLocalPath;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_of_this_site_is_local() {
        for path in [
            "/",
            "/cart",
            "/login?next=%2Faccount",
            "/a//b",
            "/cart#total",
            // Browsers do not decode a path before they follow it.
            "/%2f/evil.example",
            "/%5cevil.example",
            "/%09/evil.example",
            "/.//evil.example",
            "/..//evil.example",
            "/:80/evil.example",
            "/https://evil.example",
        ] {
            let parsed = LocalPath::parse(path).map(|path| path.to_string());
            assert_eq!(parsed.as_deref(), Some(path));
        }
    }

    #[test]
    fn an_address_that_a_browser_may_take_for_another_site_is_not_local() {
        for address in [
            "",
            "cart",
            "//evil.example",
            "///evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "/a\\..\\evil.example",
            "/\t/evil.example",
            "\t//evil.example",
            "/\n/evil.example",
            "/\r\nX: y",
            "/ /evil.example",
            " /cart",
            "/\0",
            "/\u{7f}/evil.example",
            "https://evil.example",
            "https:evil.example",
            "javascript:alert(1)",
            "?next=/",
            "#",
            "%2f",
            "/ü",
            "/\u{2028}/evil.example",
        ] {
            assert_eq!(LocalPath::parse(address), None, "{address:?}");
            assert_eq!(address.parse::<LocalPath>(), Err(InvalidLocalPath));
        }
    }

    #[test]
    fn the_next_page_is_appended_to_the_query_and_not_to_the_fragment() {
        let next = LocalPath::parse("/cart?a=b&c=%20#d").unwrap();
        for (page, expected) in [
            ("/login", "/login?next=/cart%3Fa%3Db%26c%3D%2520%23d"),
            (
                "/login?lang=de#form",
                "/login?lang=de&next=/cart%3Fa%3Db%26c%3D%2520%23d",
            ),
        ] {
            let page = LocalPath::parse(page).unwrap().with_next(&next);
            assert_eq!(page.as_str(), expected);
        }
    }

    #[test]
    fn a_path_that_is_too_long_for_a_header_is_not_local() {
        let path = |len| format!("/{}", "x".repeat(len - 1));
        assert!(LocalPath::parse(&path(LocalPath::MAX_LEN)).is_some());
        assert!(LocalPath::parse(&path(LocalPath::MAX_LEN + 1)).is_none());
    }
}
