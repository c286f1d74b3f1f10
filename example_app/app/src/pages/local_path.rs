//! Where to send a browser next.

use std::fmt;

use pavex::Response;
use pavex::http::HeaderValue;
use pavex::http::header::LOCATION;
use pavex::request::RequestHead;

/// A path on this site.
///
/// It comes from a form or a query, so from anybody. What a browser could take for the address of
/// another site is none: `//evil.example`, `/\evil.example`, or one of them after it has dropped a
/// tab.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalPath(String);

const MAX_LEN: usize = 1024;

impl LocalPath {
    /// A path that the shop itself names.
    pub fn new(path: &'static str) -> Self {
        Self(path.to_owned())
    }

    /// The home page.
    pub fn home() -> Self {
        Self::new("/")
    }

    /// The path, or the home page if it is none on this site.
    pub fn or_home(path: Option<&str>) -> Self {
        Self::or(path, "/")
    }

    /// The path, or the other one if it is none on this site.
    pub fn or(path: Option<&str>, other: &'static str) -> Self {
        Self(
            path.filter(|path| is_local(path))
                .unwrap_or(other)
                .to_owned(),
        )
    }

    /// What the request asked for, with its query.
    pub fn of(head: &RequestHead) -> Self {
        Self::or_home(head.target.path_and_query().map(|path| path.as_str()))
    }

    /// That page, which leads on to this path.
    pub fn after(&self, page: &str) -> Self {
        let next: String = form_urlencoded::byte_serialize(self.0.as_bytes()).collect();
        Self(format!("{page}?next={next}"))
    }

    /// What it is below that page, if it is: empty for the page itself, whatever the query.
    pub fn below(&self, page: &str) -> Option<&str> {
        let path = self.0.split('?').next().unwrap_or_default();
        let rest = path.strip_prefix(page)?;
        (rest.is_empty() || rest.starts_with('/')).then_some(rest)
    }

    /// The response that makes the browser `GET` this path.
    pub fn see_other(&self) -> Response {
        let location = HeaderValue::from_str(&self.0);
        let location = location.unwrap_or(HeaderValue::from_static("/"));
        Response::see_other().insert_header(LOCATION, location)
    }
}

impl fmt::Display for LocalPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn is_local(path: &str) -> bool {
    path.starts_with('/')
        && !path.starts_with("//")
        && path.len() <= MAX_LEN
        && path
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && byte != b'\\')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_on_this_site_are_kept() {
        for path in ["/", "/cart", "/login?next=%2Faccount", "/a//b"] {
            assert_eq!(LocalPath::or_home(Some(path)).to_string(), path);
        }
    }

    #[test]
    fn other_sites_become_the_home_page() {
        for path in [
            "",
            "cart",
            "//evil.example",
            "/\\evil.example",
            "/\t/evil.example",
            "/ /x",
            "/\r\nX: y",
            "https://evil.example",
            "javascript:alert(1)",
            "\\\\evil.example",
            "/ü",
        ] {
            assert_eq!(
                LocalPath::or_home(Some(path)),
                LocalPath::home(),
                "{path:?}"
            );
        }
        assert_eq!(LocalPath::or_home(None), LocalPath::home());
    }

    #[test]
    fn a_page_knows_whose_part_it_is() {
        let path = |path| LocalPath::or_home(Some(path));
        assert_eq!(path("/account?a=/b").below("/account"), Some(""));
        assert_eq!(path("/account/devices").below("/account"), Some("/devices"));
        assert_eq!(path("/accounts").below("/account"), None);
        assert_eq!(path("/").below("/account"), None);
    }

    #[test]
    fn the_way_back_survives_the_log_in_page() {
        let path = LocalPath::or_home(Some("/account?tab=a&b"));
        assert_eq!(
            path.after("/login").to_string(),
            "/login?next=%2Faccount%3Ftab%3Da%26b"
        );
    }
}
