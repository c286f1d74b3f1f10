use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use serde_json::{Map, Value};
use serde_path_to_error::{Path, Segment, Track};

use super::cookie::{CookiePersistence, SameSite};
use super::session::SessionConfig;
use super::state::TokenReuse;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(60 * 60);

/// A configuration to start from: `session.preset` in the configuration file. Each other key
/// overrides the value of the preset.
///
/// The levels are the authenticator assurance levels of NIST SP 800-63B, revision 4. The
/// application decides how users prove their identity; the preset limits the time for which that
/// proof is valid. Some presets are stricter than NIST.
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
    /// Some assurance: at most 30 days between log-ins and 24 hours without activity. These are the
    /// defaults. A session without a principal ends after 2 hours, and 1 day at the latest, or
    /// after the timeouts of the preset if they are shorter: see
    /// [`SessionStateConfig::anonymous`](super::SessionStateConfig::anonymous).
    ///
    /// NIST recommends at most 30 days and requires no limit without activity. It also recommends
    /// that the secret does not survive a restart of the browser; for that, set
    /// `cookie.persistence` to `browser_session` and `log_in.allow_remembered` to `false`.
    Aal1,
    /// High assurance: at most 12 hours between log-ins and 30 minutes without activity. The
    /// browser forgets the cookie when it is closed, and no log-in is remembered.
    ///
    /// NIST recommends at most 24 hours and 1 hour. The preset keeps the stricter limits of
    /// revision 3.
    Aal2,
    /// Very high assurance: at most 12 hours between log-ins and 15 minutes without activity. The
    /// browser forgets the cookie when it is closed and never sends it from another site. No log-in
    /// is remembered. A token that comes back after it was replaced ends the session.
    ///
    /// NIST requires at most 12 hours and recommends at most 15 minutes.
    Aal3,
    /// An application embedded in the pages of other sites: `SameSite=None` with a partitioned
    /// cookie ([CHIPS]), which requires
    /// [`CROSS_ORIGIN_PROTECTION`](crate::CROSS_ORIGIN_PROTECTION).
    ///
    /// [CHIPS]: https://github.com/privacycg/CHIPS
    Embedded,
    /// Development over plain HTTP: the cookie is not `Secure`, and its name has no prefix.
    ///
    /// A configuration file with this preset must also set `cookie.name`, such as `shop_id`.
    /// Browsers send a cookie to every port of a host, so with one name for all, two applications
    /// on one machine would log each other out. In [`config`](Self::config), the name is `id`.
    Localhost,
}

impl Preset {
    /// Returns the whole configuration.
    pub fn config(self) -> SessionConfig {
        match self {
            Self::Aal1 => SessionConfig::default(),
            Self::Aal2 => aal2(),
            Self::Aal3 => aal3(),
            Self::Embedded => embedded(),
            Self::Localhost => localhost(),
        }
    }
}

fn aal2() -> SessionConfig {
    let mut config = SessionConfig::default();
    config.state.absolute_timeout = 12 * HOUR;
    config.state.idle_timeout = 30 * MINUTE;
    config.cookie.persistence = CookiePersistence::BrowserSession;
    config.log_in.allow_remembered = false;
    config
}

fn aal3() -> SessionConfig {
    let mut config = aal2();
    config.state.idle_timeout = 15 * MINUTE;
    config.state.on_token_reuse = TokenReuse::Revoke;
    config.cookie.same_site = SameSite::Strict;
    config
}

fn embedded() -> SessionConfig {
    let mut config = SessionConfig::default();
    config.cookie.same_site = SameSite::None;
    config.cookie.partitioned = true;
    config
}

fn localhost() -> SessionConfig {
    let mut config = SessionConfig::default();
    config.cookie.name = "id".into();
    config.cookie.secure = false;
    config.preset = Some("localhost".into());
    config
}

impl<'de> Deserialize<'de> for SessionConfig {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let given = Option::<Map<String, Value>>::deserialize(deserializer)?;
        merged(given.unwrap_or_default()).map_err(D::Error::custom)
    }
}

/// Returns the given keys over those of the preset. An error names the key.
fn merged(mut given: Map<String, Value>) -> Result<SessionConfig, String> {
    let base = match given.remove("preset") {
        Some(Value::Null) | None => Preset::Aal1,
        Some(name) => Preset::deserialize(name).map_err(|error| format!("preset: {error}"))?,
    };
    let given = Value::Object(given);
    if base == Preset::Localhost && given.pointer("/cookie/name").is_none_or(Value::is_null) {
        return Err(NO_LOCAL_NAME.to_owned());
    }
    let mut merged = serde_json::to_value(base.config()).map_err(|error| error.to_string())?;
    overlay(&mut merged, given);
    let mut track = Track::new();
    // Not this implementation but the derived one: see `remote = "Self"`.
    SessionConfig::deserialize(serde_path_to_error::Deserializer::new(&merged, &mut track))
        .map_err(|error| explain(&track.path(), &merged, &error))
}

const NO_LOCAL_NAME: &str = "cookie.name: the preset `localhost` requires a name of your application, \
     such as `shop_id`; with one name for all, two applications on this machine would log each other out";

/// Writes `over` over `base`. A section without keys, which YAML reads as null, changes nothing.
fn overlay(base: &mut Value, over: Value) {
    match (base, over) {
        (Value::Object(_), Value::Null) => {}
        (Value::Object(base), Value::Object(over)) => {
            for (key, value) in over {
                overlay(base.entry(key).or_insert(Value::Null), value);
            }
        }
        (base, over) => *base = over,
    }
}

/// Returns the message of an error, with its key and the step that helps where the key has no value
/// or a value that is not a text.
fn explain(path: &Path, config: &Value, error: &serde_json::Error) -> String {
    let error = error.to_string();
    match value_at(path, config) {
        Some(Value::Null) => format!("{path}: there is no value; write one, or remove the key"),
        Some(value @ (Value::Number(_) | Value::Bool(_))) if error.ends_with("a string") => {
            format!("{path}: {error}; write it in quotes: \"{value}\"")
        }
        _ => format!("{path}: {error}"),
    }
}

fn value_at<'v>(path: &Path, mut value: &'v Value) -> Option<&'v Value> {
    for segment in path.iter() {
        value = match segment {
            Segment::Map { key } => value.get(key)?,
            Segment::Seq { index } => value.get(index)?,
            _ => return None,
        };
    }
    Some(value)
}

impl Serialize for SessionConfig {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        SessionConfig::serialize(self, serializer)
    }
}
