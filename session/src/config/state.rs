use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::duration;

/// Lifetimes, limits and what is kept where: the section `session.state` of the configuration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct SessionStateConfig {
    /// How long a session lives without activity. Default: 24 hours.
    #[serde(with = "duration")]
    pub idle_timeout: Duration,
    /// How long a session lives at most, however active it is: from its beginning, or from the last
    /// log-in. Default: 30 days.
    #[serde(with = "duration")]
    pub absolute_timeout: Duration,
    /// The deadline is moved only once less than this share of the idle timeout is left, between
    /// 0 and 1: fewer writes for a slightly shorter idle time. Default: 0.8.
    pub extension_threshold: f64,
    /// What counts as activity. Default: `loads_and_changes`.
    pub activity: Activity,
    /// How often a session gets a new secret while it is used. Default: never.
    #[serde(with = "duration::optional")]
    pub renew_every: Option<Duration>,
    /// How long the previous secret is still accepted after a renewal on this timer; and how long
    /// after any renewal a request with the previous secret counts as one that was under way, not
    /// as [token reuse](TokenReuse). A browser that did not get the answer with the new secret, or got
    /// an older answer after it, is logged out if its next request comes later. Default: 30 seconds.
    #[serde(with = "duration")]
    pub renewal_grace: Duration,
    /// What happens when an old secret is presented later than that. Default: `reject`.
    pub on_token_reuse: TokenReuse,
    /// Whether client-side state may be used. Default: `allow`, for which the cookie must be encrypted.
    pub client_side: ClientSide,
    /// Which sessions have a record in the store. Default: `always`.
    pub record: RecordCreation,
    /// Whether changes are kept when the response is a server error (5xx). Default: `false`.
    pub save_on_server_error: bool,
    /// How large the server-side state may be, in bytes of JSON. Default: 262,144.
    pub max_size: usize,
}

impl Default for SessionStateConfig {
    fn default() -> Self {
        Self {
            idle_timeout: Duration::from_secs(24 * 60 * 60),
            absolute_timeout: Duration::from_secs(30 * 24 * 60 * 60),
            extension_threshold: 0.8,
            activity: Activity::LoadsAndChanges,
            renew_every: None,
            renewal_grace: Duration::from_secs(30),
            on_token_reuse: TokenReuse::Reject,
            client_side: ClientSide::Allow,
            record: RecordCreation::Always,
            save_on_server_error: false,
            max_size: 256 * 1024,
        }
    }
}

/// What counts as activity, and so moves the deadline of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Activity {
    /// Every request with a valid session cookie, even if its handler does not use the session.
    /// Each such request pays for the cookie's authentication; the store is asked only when the
    /// deadline is due to be moved.
    AnyRequest,
    /// A request that loads or changes the server-side state, or changes the client-side state.
    LoadsAndChanges,
    /// A request that changes the state.
    Changes,
}

/// What happens when a secret is presented that was replaced longer than the grace period ago.
///
/// It means that somebody kept a token: an attacker, or a client that lost a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum TokenReuse {
    /// The request is anonymous; the session goes on for the holder of the current secret.
    Reject,
    /// The session ends for everybody.
    Revoke,
}

/// Whether client-side state may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ClientSide {
    /// Yes. The session cookie must be encrypted.
    Allow,
    /// No: writing it is an error, and it suffices to sign the session cookie.
    Deny,
}

/// Which sessions have a record in the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RecordCreation {
    /// All of them, so that each can be revoked.
    Always,
    /// Those with server-side state. A session with client-side state only cannot be revoked: its
    /// cookie is good until the deadline in it.
    IfServerSide,
}
