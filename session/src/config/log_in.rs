use std::num::NonZeroUsize;

use serde::{Deserialize, Serialize};

use super::state::TimeoutsConfig;

/// Log-ins: the section `session.log_in` of the configuration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(
    deny_unknown_fields,
    default,
    expecting = "a section of keys, such as `path`"
)]
#[non_exhaustive]
pub struct LogInConfig {
    /// The path of the log-in page. Default: none, and the response is `401 Unauthorized`.
    ///
    /// A request without the [`Principal`](crate::Principal) that its handler asks for is
    /// redirected there. The query parameter `next` has the page that was asked for; read it as a
    /// [`LocalPath`](crate::LocalPath) before you follow it.
    pub path: Option<String>,
    /// The path of the page that asks for the password again. Default: `path`; without either the
    /// response is `403 Forbidden`.
    ///
    /// A request that is not [`Fresh`](crate::Fresh) is redirected there in the same way.
    pub reauthenticate_path: Option<String>,
    /// The largest number of sessions that a principal may have at a time. Default: any number.
    pub max_sessions_per_principal: Option<NonZeroUsize>,
    /// The outcome of a log-in beyond that number. Default: `end_oldest`.
    pub at_limit: AtLimit,
    /// The timeouts of remembered sessions: see [`LogIn::remembered`](crate::LogIn::remembered).
    /// Default: 14 days and 30 days, or the timeouts of `session.state` if they are longer.
    ///
    /// Neither timeout may be shorter than that of `session.state`.
    pub remembered: TimeoutsConfig,
    /// True if a log-in may choose to be remembered. Default: `true`, and `false` in the presets
    /// `aal2` and `aal3`.
    ///
    /// With `false`, [`LogIn::remembered`](crate::LogIn::remembered) has no effect. Sessions that
    /// are remembered already get the timeouts of `session.state`, and with their next cookie the
    /// persistence of `session.cookie`.
    pub allow_remembered: bool,
}

impl Default for LogInConfig {
    fn default() -> Self {
        Self {
            path: None,
            reauthenticate_path: None,
            max_sessions_per_principal: None,
            at_limit: AtLimit::EndOldest,
            remembered: TimeoutsConfig::default(),
            allow_remembered: true,
        }
    }
}

/// The outcome of a log-in beyond `session.log_in.max_sessions_per_principal`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AtLimit {
    /// It succeeds, and the session of that principal whose log-in or renewal is the oldest ends.
    ///
    /// The time at which the log-in was committed counts, not that of the proof of identity.
    EndOldest,
    /// It fails with [`SessionError::TooManySessions`](crate::SessionError::TooManySessions).
    Refuse,
}
