//! The configuration of sessions, and the [`SessionPolicy`] that it becomes at start-up.

mod cookie;
mod cross_origin;
mod log_in;
mod state;
mod store;

mod preset;

mod policy;
mod rules;

mod duration;

pub use cookie::{CookiePersistence, SameSite, SessionCookieConfig};
pub use cross_origin::CrossOriginConfig;
pub use log_in::{AtLimit, LogInConfig};
pub use policy::{PolicyError, SessionPolicy};
pub use preset::Preset;
pub use state::{Activity, ClientSide, RecordCreation, SessionStateConfig, TokenReuse};
pub use store::SessionStoreConfig;

use serde::{Deserialize, Serialize};

/// How sessions behave: the section `session` of the application's configuration.
///
/// Everything has a default that follows the OWASP recommendations, so the section may be empty
/// or missing. An unknown field is an error. Durations are written as `"30 minutes"` or `"1h 30m"`.
/// The key `preset` names a [`Preset`] to start from.
///
/// # Example
///
/// ```yaml
/// session:
///   cookie:
///     name: "__Host-id"
///     same_site: lax
///   state:
///     idle_timeout: "24 hours"
///     absolute_timeout: "30 days"
///   store:
///     timeout: "5 seconds"
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
/// assert_eq!(config.cookie.name, "__Host-id");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, remote = "Self")]
#[non_exhaustive]
#[pavex::config(key = "session", default_if_missing)]
pub struct SessionConfig {
    /// The session cookie.
    pub cookie: SessionCookieConfig,
    /// Lifetimes, limits and what is kept where.
    pub state: SessionStateConfig,
    /// How the store is used.
    pub store: SessionStoreConfig,
    /// Log-ins.
    pub log_in: LogInConfig,
    /// Protection against requests from other origins.
    pub cross_origin: CrossOriginConfig,
}
