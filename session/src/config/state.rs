use std::time::Duration;

use serde::{Deserialize, Serialize};
use time::UtcDateTime;

use super::{duration, timestamp};

/// Lifetimes, limits, and the places where state is kept: the section `session.state` of the
/// configuration.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(
    deny_unknown_fields,
    default,
    expecting = "a section of keys, such as `idle_timeout`"
)]
#[non_exhaustive]
pub struct SessionStateConfig {
    /// The time without activity after which a session ends. Default: 24 hours.
    #[serde(with = "duration")]
    pub idle_timeout: Duration,
    /// The time after which a session ends, however active it is. Default: 30 days.
    ///
    /// It counts from the last log-in, or from the beginning of the session if nobody has logged
    /// in.
    #[serde(with = "duration")]
    pub absolute_timeout: Duration,
    /// The timeouts of sessions without a principal. Default: 2 hours and 1 day, or the timeouts
    /// above if they are shorter.
    ///
    /// Crawlers and passers-by start most sessions, and never come back to them. Neither timeout
    /// may be longer than the one above. A log-in moves the session to the timeouts above, or to
    /// those of [`remembered`](super::LogInConfig::remembered) sessions.
    pub anonymous: TimeoutsConfig,
    /// The time from which sessions are accepted. Default: none, so that all are.
    ///
    /// A session that both began and had its last log-in before that time is over. After a breach,
    /// this ends all sessions at once, on every store: the next use of a session deletes its
    /// record. A time in the future stops the start. The form is that of RFC 3339, such as
    /// `"2026-11-26T20:15:00Z"`.
    ///
    /// As after any end, the client-side state in a cookie may be read until the record is loaded.
    /// It is empty at once if the cookie is from before that time, or if nobody is logged in.
    #[serde(with = "timestamp")]
    pub valid_from: Option<UtcDateTime>,
    /// The share of the idle timeout, between 0 and 1, below which activity moves the deadline.
    /// Default: 0.8.
    ///
    /// A smaller share means fewer writes and a slightly shorter idle time.
    pub extension_threshold: f64,
    /// The requests that count as activity. Default: `loads_and_changes`.
    pub activity: Activity,
    /// The time after which a session in use gets a new secret. Default: never.
    #[serde(with = "duration::optional")]
    pub renew_every: Option<Duration>,
    /// The time for which the previous secret is still accepted after a renewal on this timer.
    /// Default: 30 seconds.
    ///
    /// For the same time after any renewal, a request that arrives with the previous secret counts
    /// as one that was under way, not as [token reuse](TokenReuse). A browser may miss the answer
    /// with the new secret, or receive an older answer after it. It is logged out if its next
    /// request comes after this time. For the same time after a log-in, another log-in of that
    /// browser joins the session.
    #[serde(with = "duration")]
    pub renewal_grace: Duration,
    /// The answer to an old secret that is presented later than that. Default: `reject`.
    pub on_token_reuse: TokenReuse,
    /// The use of client-side state. Default: `allow`, for which the crypto rule of the cookie must
    /// encrypt.
    pub client_side: ClientSide,
    /// The sessions that have a record in the store. Default: `always`.
    pub record: RecordCreation,
    /// True if changes are kept when the response is a server error (5xx). Default: `false`.
    pub save_on_server_error: bool,
    /// The answer to a request whose changes were dropped. Default: `log`.
    pub discarded_changes: DiscardedChanges,
    /// The largest size of the server-side state, in bytes of JSON. Default: 262,144.
    ///
    /// A state that is larger when the limit is lowered is kept, and may become smaller.
    pub max_size: usize,
}

impl Default for SessionStateConfig {
    fn default() -> Self {
        Self {
            idle_timeout: Duration::from_secs(24 * 60 * 60),
            absolute_timeout: Duration::from_secs(30 * 24 * 60 * 60),
            anonymous: TimeoutsConfig::default(),
            valid_from: None,
            extension_threshold: 0.8,
            activity: Activity::LoadsAndChanges,
            renew_every: None,
            renewal_grace: Duration::from_secs(30),
            on_token_reuse: TokenReuse::Reject,
            client_side: ClientSide::Allow,
            record: RecordCreation::Always,
            save_on_server_error: false,
            discarded_changes: DiscardedChanges::Log,
            max_size: 256 * 1024,
        }
    }
}

/// The timeouts of one kind of session: the sections `session.state.anonymous` and
/// `session.log_in.remembered` of the configuration.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(
    deny_unknown_fields,
    default,
    expecting = "a section of keys, such as `idle_timeout`"
)]
#[non_exhaustive]
pub struct TimeoutsConfig {
    /// The time without activity after which such a session ends.
    #[serde(with = "duration::optional")]
    pub idle_timeout: Option<Duration>,
    /// The time after which such a session ends, however active it is.
    #[serde(with = "duration::optional")]
    pub absolute_timeout: Option<Duration>,
}

/// The requests that count as activity and so move the deadline of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Activity {
    /// Every request with a valid session cookie, even if its handler does not use the session.
    ///
    /// Each such request pays for the authentication of its cookie. A store operation takes place
    /// only when the deadline is moved.
    AnyRequest,
    /// A request that loads or changes the server-side state, or changes the client-side state.
    LoadsAndChanges,
    /// A request that changes the state.
    Changes,
}

/// The answer to a secret that was replaced longer than the grace period ago.
///
/// Somebody has kept that secret: an attacker, or a client that missed a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum TokenReuse {
    /// The request is anonymous; the session goes on for the holder of the current secret.
    Reject,
    /// The session ends for everybody, unless the secret is from before its last log-in: that one
    /// may have been planted, and the log-in has made it worthless.
    Revoke,
}

/// The answer to a request whose changes were dropped, because its session ended or got a new
/// secret while the request was under way.
///
/// [`Session::commit`](crate::Session::commit) always returns the error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DiscardedChanges {
    /// The response of the handler is sent, and the event `session.discarded` is logged.
    ///
    /// Most of these requests run beside the log-out of their own browser, where nobody is left to
    /// read an error.
    Log,
    /// The request fails with [`SessionError::Discarded`](crate::SessionError::Discarded), which is
    /// `409 Conflict`.
    Conflict,
}

/// The use of client-side state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ClientSide {
    /// It may be used, and the crypto rule of the session cookie must encrypt, also under each
    /// fallback key. A cookie with client-side state is encrypted, and one without it is signed.
    ///
    /// To change from a rule that signs, set its algorithm to `encryption` and keep the key. No
    /// session ends. Choose `allow` once all servers have that rule.
    Allow,
    /// Writing it is an error, and the crypto rule of the session cookie may sign.
    ///
    /// Client-side state that a cookie contains from before is dropped, so that a signature does
    /// not reveal it. To read such a cookie, the rule or one of its fallbacks must encrypt, with
    /// the key of before. Otherwise the cookie is not authentic, and its session is lost.
    Deny,
}

/// The sessions that have a record in the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RecordCreation {
    /// All of them, so that each can be revoked.
    Always,
    /// Those with server-side state.
    ///
    /// A session with client-side state only cannot be revoked: its cookie is valid until the
    /// deadline in it.
    IfServerSide,
}
