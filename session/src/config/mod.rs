//! The configuration of sessions, and the [`SessionPolicy`] that it becomes at start-up.

mod cookie;
mod state;
mod store;

mod policy;
mod rules;

mod duration;

pub use cookie::{CookiePersistence, SameSite, SessionCookieConfig};
pub use policy::{PolicyError, SessionPolicy};
pub use state::{Activity, ClientSide, RecordCreation, SessionStateConfig, TokenReuse};
pub use store::SessionStoreConfig;

use serde::{Deserialize, Serialize};

/// How sessions behave: the section `session` of the application's configuration.
///
/// Everything has a default that follows the OWASP recommendations, so the section may be empty
/// or missing. An unknown field is an error. Durations are written as `"30 minutes"` or `"1h 30m"`.
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
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
#[pavex::config(key = "session", default_if_missing)]
pub struct SessionConfig {
    /// The session cookie.
    pub cookie: SessionCookieConfig,
    /// Lifetimes, limits and what is kept where.
    pub state: SessionStateConfig,
    /// How the store is used.
    pub store: SessionStoreConfig,
}
