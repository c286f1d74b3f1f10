use pavex::http::HeaderValue;
use serde::{Deserialize, Serialize};

/// The caches that may keep pages of a session: the section `session.caching` of the configuration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(
    deny_unknown_fields,
    default,
    expecting = "a section of keys, such as `pages`"
)]
#[non_exhaustive]
pub struct CachingConfig {
    /// The `Cache-Control` header of responses whose handler used the session. Default: `private`.
    ///
    /// A header of the handler is left as it is. The setting does not concern responses with a
    /// session cookie, which [`finalize_session`](crate::finalize_session) always keeps out of
    /// shared caches.
    pub pages: PageCaching,
    /// The data of the site that browsers delete when a session ends by
    /// [`log_out`](crate::Session::log_out) or [`invalidate`](crate::Session::invalidate). Default:
    /// `cache`.
    ///
    /// The response names them in the header `Clear-Site-Data`, or lacks the header if the list is
    /// empty. Browsers obey it over HTTPS, and on `localhost`. Not all of them clear the
    /// back/forward cache: see [`PageCaching::NoStore`].
    pub clear_at_log_out: Vec<SiteData>,
}

impl Default for CachingConfig {
    fn default() -> Self {
        Self {
            pages: PageCaching::Private,
            clear_at_log_out: vec![SiteData::Cache],
        }
    }
}

impl CachingConfig {
    /// Returns the value of the header `Clear-Site-Data`, unless there is nothing to clear. If the
    /// response sets the session cookie, browsers must not clear that.
    pub(crate) fn clear_site_data(&self, sets_cookie: bool) -> Option<HeaderValue> {
        let kinds = [
            (SiteData::Cache, "\"cache\""),
            (SiteData::Cookies, "\"cookies\""),
            (SiteData::Storage, "\"storage\""),
        ];
        let chosen = kinds.iter().filter(|(kind, _)| {
            self.clear_at_log_out.contains(kind) && !(sets_cookie && *kind == SiteData::Cookies)
        });
        let names: Vec<_> = chosen.map(|(_, name)| *name).collect();
        let value = HeaderValue::try_from(names.join(", ")).ok();
        value.filter(|value| !value.is_empty())
    }
}

/// The caches that may store a response whose handler used the session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PageCaching {
    /// The cache of the visitor's browser: `Cache-Control: private`.
    Private,
    /// None: `Cache-Control: private, no-store`.
    ///
    /// The Back button then shows no page of the session after a log-out. Chromium 156 leaves its
    /// back/forward cache as it is when it obeys `Clear-Site-Data`. It gives up a `no-store` page
    /// in that cache once an `HttpOnly` cookie has changed, such as that of the session.
    NoStore,
    /// Any: the library adds no `Cache-Control` to the response.
    Any,
}

/// A kind of data that browsers keep for a site.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SiteData {
    /// The pages and files in the browser's caches.
    Cache,
    /// All cookies of the domain, those of sibling hosts and of other applications included.
    ///
    /// They stay if the same response sets the cookie of another session: after
    /// [`log_out_keeping`](crate::Session::log_out_keeping), after a log-in of another principal,
    /// or if the handler has written to the session since.
    Cookies,
    /// The data of scripts, such as `localStorage` and IndexedDB.
    Storage,
}
