use serde::{Deserialize, Serialize};

/// The session cookie: the section `session.cookie` of the configuration.
///
/// It is always `HttpOnly`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct SessionCookieConfig {
    /// The name. Default: `__Host-id`, whose prefix makes browsers refuse the cookie from other
    /// hosts and over plain HTTP.
    pub name: String,
    /// The `Domain` attribute. Default: none, so that only the host which set it gets the cookie.
    pub domain: Option<String>,
    /// The `Path` attribute. Default: `/`.
    pub path: String,
    /// The `SameSite` attribute. Default: `lax`.
    pub same_site: SameSite,
    /// The `Secure` attribute. Default: `true`.
    pub secure: bool,
    /// The `Partitioned` attribute ([CHIPS]), for applications embedded in other sites. Default: `false`.
    ///
    /// [CHIPS]: https://github.com/privacycg/CHIPS
    pub partitioned: bool,
    /// Whether the cookie outlives the browser session. Default: `persistent`.
    pub persistence: CookiePersistence,
}

impl Default for SessionCookieConfig {
    fn default() -> Self {
        Self {
            name: "__Host-id".into(),
            domain: None,
            path: "/".into(),
            same_site: SameSite::Lax,
            secure: true,
            partitioned: false,
            persistence: CookiePersistence::Persistent,
        }
    }
}

/// On which cross-site requests browsers send the cookie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SameSite {
    /// On none: not even when a link on another site is followed.
    Strict,
    /// On top-level navigations with a safe method.
    Lax,
    /// On all; needs `Secure`.
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

/// Whether the cookie outlives the browser session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum CookiePersistence {
    /// It carries a `Max-Age` that ends with the session.
    Persistent,
    /// It has no `Max-Age`: browsers forget it when they are closed.
    BrowserSession,
}
