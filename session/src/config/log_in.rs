use std::num::NonZeroUsize;

use serde::{Deserialize, Serialize};

/// Log-ins: the section `session.log_in` of the configuration.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct LogInConfig {
    /// The path of the log-in page. A request without the [`Principal`](crate::Principal) that its
    /// handler asks for is redirected there, with the page it asked for in the query parameter
    /// `next`; check that it is a path of your site before you follow it. Default: none, and the
    /// response is `401 Unauthorized`.
    pub path: Option<String>,
    /// The path of the page that asks for the password again. A request that is not
    /// [`Fresh`](crate::Fresh) is redirected there in the same way. Default: that of `path`; without
    /// it the response is `403 Forbidden`.
    pub reauthenticate_path: Option<String>,
    /// How many sessions a principal may have at a time. Default: any number.
    pub max_sessions_per_principal: Option<NonZeroUsize>,
    /// What happens to a log-in beyond that number. Default: `end_oldest`.
    pub at_limit: AtLimit,
}

/// What happens to a log-in beyond `session.log_in.max_sessions_per_principal`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AtLimit {
    /// It succeeds, and the session of that principal with the oldest log-in ends.
    #[default]
    EndOldest,
    /// It fails with [`SessionError::TooManySessions`](crate::SessionError::TooManySessions).
    Refuse,
}
