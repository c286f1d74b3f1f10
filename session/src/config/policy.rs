use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use pavex::cookie::{Processor, ProcessorConfig, ResponseCookie};
use pavex::http::HeaderValue;
use pavex::methods;
use time::UtcDateTime;

use super::{
    Activity, AtLimit, ClientSide, CookiePersistence, RecordCreation, SessionConfig,
    SessionCookieConfig, SessionStateConfig, TokenReuse, rules,
};
use crate::clock::{self, Clock};
use crate::cookie::payload::{CookiePayload, WireError};
use crate::cookie::set_cookie as cookie;

/// A [`SessionConfig`] that was checked: what all sessions of the application go by.
///
/// It is built when the application starts; a configuration that breaks a rule stops the start
/// with a [`PolicyError`]. A clone is cheap. Its `Display` form describes the policy in plain
/// words, for a log line at start-up or the application's security documentation (OWASP ASVS 5.0,
/// 7.1.1).
///
/// # Example
///
/// ```
/// # use session_kit as session;
/// use pavex::cookie::{Key, ProcessorConfig, config::{CryptoAlgorithm, CryptoRule}};
/// use session::{SessionConfig, SessionPolicy};
///
/// let mut cookies = ProcessorConfig::default();
/// cookies.crypto_rules.push(CryptoRule {
///     cookie_names: vec!["__Host-id".into()],
///     algorithm: CryptoAlgorithm::Encryption,
///     key: Key::generate(),
///     fallbacks: vec![],
/// });
/// let policy = SessionPolicy::new(&SessionConfig::default(), &cookies)?;
/// assert!(policy.to_string().contains("after 1 day without activity"));
///
/// let mut config = SessionConfig::default();
/// config.cookie.secure = false;
/// let refused = SessionPolicy::new(&config, &cookies).unwrap_err();
/// assert!(refused.to_string().contains("session.cookie.secure"));
/// # Ok::<(), session::PolicyError>(())
/// ```
#[derive(Clone)]
pub struct SessionPolicy(Arc<Inner>);

#[derive(Clone)]
struct Inner {
    config: SessionConfig,
    /// The rule for our cookie alone.
    processor: Processor,
    /// Those of the session cookie, but for `Max-Age`.
    attributes: String,
    /// Activity moves a deadline that is nearer than this.
    extension_window: Duration,
    clock: Clock,
}

#[methods]
impl SessionPolicy {
    /// Checks the configuration.
    ///
    /// # Errors
    ///
    /// If it breaks a rule; the error names each broken rule with the key to change.
    #[singleton]
    pub fn new(
        config: &SessionConfig,
        // Comes with `bp.import(from![pavex])`.
        cookies: &ProcessorConfig,
    ) -> Result<Self, PolicyError> {
        let violations = rules::violations(config, cookies);
        if !violations.is_empty() {
            return Err(PolicyError { violations });
        }
        let processor = rules::processor_for(&config.cookie.name, cookies);
        Ok(Self(Arc::new(Inner {
            attributes: cookie::attributes(&config.cookie),
            config: config.clone(),
            extension_window: config
                .state
                .idle_timeout
                .mul_f64(config.state.extension_threshold),
            processor,
            clock: Clock::system(),
        })))
    }

    /// The same policy with the time from `clock`; for tests.
    pub fn with_clock(self, clock: impl Into<Clock>) -> Self {
        let mut inner = Arc::unwrap_or_clone(self.0);
        inner.clock = clock.into();
        Self(Arc::new(inner))
    }

    /// The configuration that was checked.
    pub fn config(&self) -> &SessionConfig {
        &self.0.config
    }

    /// The time by which deadlines are judged.
    pub fn now(&self) -> UtcDateTime {
        self.0.clock.now()
    }

    pub(crate) fn cookie_name(&self) -> &str {
        &self.cookie().name
    }

    pub(crate) fn cookie(&self) -> &SessionCookieConfig {
        &self.0.config.cookie
    }

    pub(crate) fn state(&self) -> &SessionStateConfig {
        &self.0.config.state
    }

    pub(crate) fn store_timeout(&self) -> Duration {
        self.0.config.store.timeout
    }

    /// What a session cookie says, or `None` if we did not write it.
    pub(crate) fn authenticate(&self, value: &str) -> Option<Result<CookiePayload, WireError>> {
        let cookie = self.0.processor.process_incoming(self.cookie_name(), value);
        cookie
            .ok()
            .map(|cookie| CookiePayload::decode(cookie.value()))
    }

    /// The header that sets the session cookie.
    pub(crate) fn set_cookie(&self, value: String, lifetime: Duration) -> HeaderValue {
        let cookie = ResponseCookie::new(self.cookie_name(), value);
        let protected = self.0.processor.process_outgoing(cookie);
        let persistent = self.cookie().persistence == CookiePersistence::Persistent;
        self.cookie_header(protected.value(), persistent.then_some(lifetime))
    }

    /// The header that removes the session cookie.
    pub(crate) fn remove_cookie(&self) -> HeaderValue {
        self.cookie_header("", Some(Duration::ZERO))
    }

    fn cookie_header(&self, value: &str, max_age: Option<Duration>) -> HeaderValue {
        cookie::header(self.cookie_name(), value, &self.0.attributes, max_age)
    }

    /// The size of the cookie's name and value once a content of `len` bytes is protected.
    pub(crate) fn cookie_size(&self, len: usize) -> usize {
        // biscotti: base64 without padding of nonce (12), ciphertext and tag (16). A cookie that is
        // only signed has no client-side state, and so a small content of a fixed length.
        self.cookie_name().len() + ((len + 28) * 4).div_ceil(3)
    }

    /// The deadline of a session that is active `now`.
    pub(crate) fn deadline(&self, begins_at: UtcDateTime, now: UtcDateTime) -> UtcDateTime {
        let idle = clock::after(now, self.state().idle_timeout);
        idle.min(self.absolute_deadline(begins_at))
    }

    /// The deadline that no activity can move.
    pub(crate) fn absolute_deadline(&self, begins_at: UtcDateTime) -> UtcDateTime {
        clock::after(begins_at, self.state().absolute_timeout)
    }

    /// Whether a deadline is so near that activity moves it.
    pub(crate) fn extension_is_due(&self, expires_at: UtcDateTime, now: UtcDateTime) -> bool {
        clock::remaining(expires_at, now) < self.0.extension_window
    }
}

impl fmt::Debug for SessionPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionPolicy")
            .field("config", &self.0.config)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for SessionPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.describe_lifetimes(f)?;
        self.describe_cookie(f)?;
        self.describe_state(f)?;
        self.describe_log_in(f)
    }
}

impl SessionPolicy {
    fn describe_lifetimes(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state();
        let activity = match state.activity {
            Activity::AnyRequest => "any request",
            Activity::LoadsAndChanges => "a request that loads or changes the session",
            Activity::Changes => "a request that changes the session",
        };
        write!(
            f,
            "A session ends after {} without activity, and after {} at the latest, counted from its last log-in or else from its beginning. Activity is {activity}; \
             it moves the deadline once less than {:.0} % of the idle time is left. ",
            in_words(state.idle_timeout),
            in_words(state.absolute_timeout),
            state.extension_threshold * 100.0,
        )?;
        if let Some(every) = state.renew_every {
            let (every, grace) = (in_words(every), in_words(state.renewal_grace));
            write!(
                f,
                "A session in use gets a new secret every {every}; the previous one is accepted for {grace}. "
            )?;
        }
        f.write_str(match state.on_token_reuse {
            TokenReuse::Reject => "A token presented after it was replaced is rejected. ",
            TokenReuse::Revoke => "A token presented after it was replaced ends its session. ",
        })
    }

    fn describe_cookie(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cookie = self.cookie();
        write!(
            f,
            "The cookie `{}` is {}, HttpOnly, {}SameSite={}{}, valid for the path {} of {}, and kept {}. ",
            cookie.name,
            if self.0.processor.will_encrypt(&cookie.name) {
                "encrypted"
            } else {
                "signed"
            },
            if cookie.secure { "Secure, " } else { "" },
            pavex::cookie::SameSite::from(cookie.same_site),
            if cookie.partitioned {
                ", Partitioned"
            } else {
                ""
            },
            cookie.path,
            cookie.domain.as_deref().unwrap_or("the host that set it"),
            match cookie.persistence {
                CookiePersistence::Persistent => "until the session ends",
                CookiePersistence::BrowserSession => "until the browser is closed",
            },
        )
    }

    fn describe_state(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state();
        let client_side = match (state.client_side, state.record) {
            (ClientSide::Deny, _) => "Client-side state is denied",
            (ClientSide::Allow, RecordCreation::Always) => {
                "Client-side state is allowed, and each session has a record in the store"
            }
            (ClientSide::Allow, RecordCreation::IfServerSide) => {
                "Client-side state is allowed, and a session with nothing else has no record in the store"
            }
        };
        let on_error = if state.save_on_server_error {
            "kept"
        } else {
            "discarded"
        };
        write!(
            f,
            "{client_side}. Server-side state has at most {} bytes; changes are {on_error} when the response is a \
             server error. A store operation may take {}.",
            state.max_size,
            in_words(self.store_timeout()),
        )
    }

    fn describe_log_in(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let log_in = &self.config().log_in;
        match (log_in.max_sessions_per_principal, log_in.at_limit) {
            (None, _) => f.write_str(" A principal may have any number of sessions."),
            (Some(limit), AtLimit::EndOldest) => write!(
                f,
                " A principal may have {limit} sessions; a log-in beyond that ends the one with the oldest log-in."
            ),
            (Some(limit), AtLimit::Refuse) => write!(
                f,
                " A principal may have {limit} sessions; a log-in beyond that is refused."
            ),
        }
    }
}

/// `1 day`, where humantime writes `1day`.
fn in_words(duration: Duration) -> String {
    let text = humantime::format_duration(duration).to_string();
    let mut words = String::new();
    let mut previous = ' ';
    for c in text.chars() {
        if c.is_alphabetic() && previous.is_ascii_digit() {
            words.push(' ');
        }
        words.push(c);
        previous = c;
    }
    words
}

/// The configuration of sessions breaks at least one rule.
///
/// The text has a line for each, with the key to change.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the session configuration is refused:\n- {}", violations.join("\n- "))]
pub struct PolicyError {
    violations: Vec<String>,
}

impl PolicyError {
    /// The broken rules: the key to change first, then the rule.
    pub fn violations(&self) -> &[String] {
        &self.violations
    }
}
