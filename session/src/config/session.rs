#![allow(unreachable_pub, reason = "constants that Pavex generates")]

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::caching::CachingConfig;
use super::cookie::SessionCookieConfig;
use super::duration;
use super::log_in::LogInConfig;
use super::state::SessionStateConfig;
use crate::store::SessionStore;

/// The behaviour of sessions: the section `session` of the application's configuration.
///
/// Every key has a default that follows the OWASP recommendations, so the section may be empty or
/// missing. An unknown key is an error. Durations are written as `"30 minutes"` or `"1h 30m"`. The
/// key `preset` names a [`Preset`](super::Preset) to start from.
///
/// # Example
///
/// ```yaml
/// session:
///   cookie:
///     name: "__Host-Http-id"
///     same_site: lax
///   state:
///     idle_timeout: "24 hours"
///     absolute_timeout: "30 days"
///   store:
///     timeout: "5 seconds"
///     recent: "1 second"
/// ```
///
/// ```
/// # use session_kit as session;
/// use session::SessionConfig;
/// use std::time::Duration;
///
/// let json = r#"{ "state": { "idle_timeout": "30 minutes" } }"#;
/// let config: SessionConfig = serde_json::from_str(json)?;
/// assert_eq!(config.state.idle_timeout, Duration::from_secs(30 * 60));
/// assert_eq!(config.cookie.name, "__Host-Http-id");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, remote = "Self")]
#[non_exhaustive]
#[pavex::config(key = "session", default_if_missing)]
pub struct SessionConfig {
    /// The session cookie.
    pub cookie: SessionCookieConfig,
    /// Lifetimes, limits, and the places where state is kept.
    pub state: SessionStateConfig,
    /// The use of the store.
    pub store: SessionStoreConfig,
    /// Log-ins.
    pub log_in: LogInConfig,
    /// The caches that may keep pages of a session.
    pub caching: CachingConfig,
    /// Protection against requests from other origins.
    pub cross_origin: CrossOriginConfig,
    /// The preset, if it is `localhost`, whose cookie is not `Secure` on purpose.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) preset: Option<String>,
}

/// The use of the store: the section `session.store` of the configuration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(
    deny_unknown_fields,
    default,
    expecting = "a section of keys, such as `timeout`"
)]
#[non_exhaustive]
pub struct SessionStoreConfig {
    /// The time limit of one store operation. Default: 5 seconds.
    #[serde(with = "duration")]
    pub timeout: Duration,
    /// The greatest age of the record that answers [`Session::recent`](crate::Session::recent) and
    /// [`Recent`](crate::Recent) without a store operation. Default: 1 second; at most 1 minute.
    ///
    /// A session that another process ends is read for that time in this process. With 0, each
    /// read loads the record.
    #[serde(with = "duration")]
    pub recent: Duration,
}

impl Default for SessionStoreConfig {
    fn default() -> Self {
        Self {
            timeout: SessionStore::DEFAULT_OPERATION_TIMEOUT,
            recent: Duration::from_secs(1),
        }
    }
}

/// The section `session.cross_origin` of the configuration, for the middleware
/// [`CROSS_ORIGIN_PROTECTION`](crate::CROSS_ORIGIN_PROTECTION).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(
    deny_unknown_fields,
    default,
    expecting = "a section of keys, such as `trusted_origins`"
)]
#[non_exhaustive]
pub struct CrossOriginConfig {
    /// Other origins whose pages may send requests that change something, written as browsers send
    /// them in the `Origin` header: `https://example.com`. Default: none.
    pub trusted_origins: Vec<String>,
}
