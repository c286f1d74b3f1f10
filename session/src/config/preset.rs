use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use serde_json::{Map, Value};
use serde_path_to_error::Track;

use super::{CookiePersistence, SameSite, SessionConfig, TokenReuse};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(60 * 60);

/// A configuration to start from: `session.preset` in the configuration file. Every other key
/// overrides what the preset says.
///
/// The levels are the authenticator assurance levels of NIST SP 800-63B. How users prove their
/// identity is the application's part; the preset is about how long that proof is good for.
///
/// # Example
///
/// ```yaml
/// session:
///   preset: aal2
///   state:
///     idle_timeout: "20 minutes"
/// ```
///
/// ```
/// # use session_kit as session;
/// use session::config::{Preset, SessionConfig};
///
/// let json = r#"{ "preset": "aal2", "state": { "idle_timeout": "20 minutes" } }"#;
/// let config: SessionConfig = serde_json::from_str(json)?;
/// assert_eq!(config.state.idle_timeout.as_secs(), 20 * 60);
/// assert_eq!(config.state.absolute_timeout, Preset::Aal2.config().state.absolute_timeout);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Preset {
    /// Some assurance: at most 30 days between log-ins. The defaults are as strict.
    Aal1,
    /// High assurance: at most 12 hours between log-ins and 30 minutes without activity; the browser
    /// forgets the cookie when it is closed.
    Aal2,
    /// Very high assurance: at most 12 hours between log-ins and 15 minutes without activity; the
    /// browser forgets the cookie when it is closed and never sends it from another site; a token
    /// that comes back ends the session.
    Aal3,
    /// An application embedded in the pages of other sites: `SameSite=None` with a partitioned
    /// cookie ([CHIPS]), so that it needs [`CROSS_ORIGIN_PROTECTION`](crate::CROSS_ORIGIN_PROTECTION).
    ///
    /// [CHIPS]: https://github.com/privacycg/CHIPS
    Embedded,
    /// Development over plain HTTP: the cookie `id`, not `Secure`.
    Localhost,
}

impl Preset {
    /// The whole configuration.
    pub fn config(self) -> SessionConfig {
        let mut config = SessionConfig::default();
        let (cookie, state) = (&mut config.cookie, &mut config.state);
        match self {
            Self::Aal1 => {}
            Self::Aal2 | Self::Aal3 => {
                state.absolute_timeout = 12 * HOUR;
                state.idle_timeout = 30 * MINUTE;
                cookie.persistence = CookiePersistence::BrowserSession;
            }
            Self::Embedded => {
                cookie.same_site = SameSite::None;
                cookie.partitioned = true;
            }
            Self::Localhost => {
                cookie.name = "id".into();
                cookie.secure = false;
            }
        }
        if self == Self::Aal3 {
            state.idle_timeout = 15 * MINUTE;
            state.on_token_reuse = TokenReuse::Revoke;
            cookie.same_site = SameSite::Strict;
        }
        config
    }
}

impl<'de> Deserialize<'de> for SessionConfig {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let given = Option::<Map<String, Value>>::deserialize(deserializer)?;
        merged(given.unwrap_or_default()).map_err(D::Error::custom)
    }
}

/// The given keys over those of the preset. An error names the key.
fn merged(mut given: Map<String, Value>) -> Result<SessionConfig, String> {
    let base = match given.remove("preset") {
        Some(name) => Preset::deserialize(name).map_err(|error| format!("preset: {error}"))?,
        None => Preset::Aal1,
    };
    let mut merged = serde_json::to_value(base.config()).map_err(|error| error.to_string())?;
    overlay(&mut merged, Value::Object(given));
    let mut track = Track::new();
    // Not this implementation but the one that is derived: see `remote = "Self"`.
    SessionConfig::deserialize(serde_path_to_error::Deserializer::new(merged, &mut track))
        .map_err(|error| format!("{}: {error}", track.path()))
}

fn overlay(base: &mut Value, over: Value) {
    match (base, over) {
        (Value::Object(base), Value::Object(over)) => {
            for (key, value) in over {
                overlay(base.entry(key).or_insert(Value::Null), value);
            }
        }
        (base, over) => *base = over,
    }
}

impl Serialize for SessionConfig {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        SessionConfig::serialize(self, serializer)
    }
}
