use serde::{Deserialize, Serialize};

/// The session cookie: the section `session.cookie` of the configuration.
///
/// It is always `HttpOnly`. Its key is that of the rule [`CRYPTO_RULE`](super::CRYPTO_RULE) in the
/// section `cookies.crypto_rules` of pavex.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(
    deny_unknown_fields,
    default,
    expecting = "a section of keys, such as `name`"
)]
#[non_exhaustive]
pub struct SessionCookieConfig {
    /// The name. Default: `__Host-Http-id`, whose prefix makes browsers refuse the cookie from
    /// other hosts, over plain HTTP and from scripts. A browser without support for
    /// `__Host-Http-` treats it like `__Host-`, which scripts of the page can set.
    ///
    /// Applications on one host need different names, even on different ports: browsers send a
    /// cookie to every port.
    pub name: String,
    /// The `Domain` attribute. Default: none, so that only the host which set the cookie gets it.
    pub domain: Option<String>,
    /// The `Path` attribute. Default: `/`.
    pub path: String,
    /// The `SameSite` attribute. Default: `lax`.
    pub same_site: SameSite,
    /// The `Secure` attribute. Default: `true`.
    ///
    /// `false` outside the preset `localhost` is a warning when the server starts.
    pub secure: bool,
    /// The `Partitioned` attribute ([CHIPS]), for applications embedded in other sites. Default:
    /// `false`.
    ///
    /// [CHIPS]: https://github.com/privacycg/CHIPS
    pub partitioned: bool,
    /// The lifetime of the cookie in the browser, unless the log-in chose one. Default:
    /// `persistent`.
    ///
    /// See [`LogIn::remembered`](crate::LogIn::remembered) and
    /// [`LogIn::for_this_browser_session`](crate::LogIn::for_this_browser_session).
    pub persistence: CookiePersistence,
    /// The largest size of the response headers of a session, in bytes. Default: 3,072.
    ///
    /// These are the lines `Set-Cookie`, `Vary`, `Cache-Control` and `Clear-Site-Data`. Client-side
    /// state that would make them larger is refused. A proxy such as nginx answers `502 Bad
    /// Gateway` if all headers of a response together have more than 4 KiB (`proxy_buffer_size`),
    /// so the default leaves 1 KiB to the application. Browsers drop a cookie whose name and value
    /// have more than 4,096 bytes; that limit applies in any case. Client-side state that is larger
    /// when the limit is lowered is kept, and may become smaller.
    pub max_header_size: usize,
}

impl Default for SessionCookieConfig {
    fn default() -> Self {
        Self {
            name: "__Host-Http-id".into(),
            domain: None,
            path: "/".into(),
            same_site: SameSite::Lax,
            secure: true,
            partitioned: false,
            persistence: CookiePersistence::Persistent,
            max_header_size: 3 * 1024,
        }
    }
}

/// The cross-site requests on which browsers send the cookie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SameSite {
    /// None, not even if a visitor follows a link on another site.
    Strict,
    /// Top-level navigations with a safe method.
    Lax,
    /// All; requires `Secure`.
    None,
}

impl From<SameSite> for pavex::cookie::SameSite {
    fn from(same_site: SameSite) -> Self {
        match same_site {
            SameSite::Strict => Self::Strict,
            SameSite::Lax => Self::Lax,
            SameSite::None => Self::None,
        }
    }
}

/// The lifetime of the cookie in the browser.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum CookiePersistence {
    /// The cookie carries a `Max-Age` that ends with the session.
    Persistent,
    /// The cookie has no `Max-Age`: browsers forget it when they are closed.
    BrowserSession,
}
