use std::num::NonZeroUsize;

use serde::{Deserialize, Serialize};

/// Log-ins: the section `session.log_in` of the configuration.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
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
}

/// The outcome of a log-in beyond `session.log_in.max_sessions_per_principal`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AtLimit {
    /// It succeeds, and the session of that principal whose log-in or renewal is the oldest ends.
    ///
    /// The time at which the log-in was committed counts, not that of the proof of identity.
    #[default]
    EndOldest,
    /// It fails with [`SessionError::TooManySessions`](crate::SessionError::TooManySessions).
    Refuse,
}
