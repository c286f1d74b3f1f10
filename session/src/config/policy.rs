#![allow(unreachable_pub, reason = "constants that Pavex generates")]

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use pavex::cookie::ProcessorConfig;
use pavex::http::HeaderValue;
use pavex::methods;
use time::UtcDateTime;

use super::rules;
use super::session::SessionConfig;
use super::state::{ClientSide, SessionStateConfig};
use super::timeouts::Timeouts;
use super::violation::PolicyError;
use crate::clock::{Clock, nearest};
use crate::cookie::payload::{ClientJson, CookiePayload, InvalidCookie};
use crate::cookie::protection::CookieProtection;
use crate::store::lifetime::Lifetime;
use crate::store::{SessionRecord, SessionSummary};
use crate::telemetry;

/// A checked [`SessionConfig`], which all sessions of the application follow.
///
/// It is built when the application starts; a configuration that breaks a rule stops the start with
/// a [`PolicyError`]. A clone is cheap. Its `Display` form describes the policy in plain words, for
/// a log line at start-up or for the application's security documentation (OWASP ASVS 5.0, 7.1.1).
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
///     cookie_names: vec![session::config::CRYPTO_RULE.into()],
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
    cookie: CookieProtection,
    anonymous: Timeouts,
    logged_in: Timeouts,
    remembered: Timeouts,
    clock: Clock,
}

#[methods]
impl SessionPolicy {
    /// Checks the configuration.
    ///
    /// A cookie that is not `Secure` is a warning, unless the preset is `localhost`.
    ///
    /// # Errors
    ///
    /// Returns [`PolicyError`] if the configuration breaks a rule. It names each broken rule with
    /// the key to change.
    #[singleton]
    pub fn new(
        config: &SessionConfig,
        // Comes with `bp.import(from![pavex])`.
        cookies: &ProcessorConfig,
    ) -> Result<Self, PolicyError> {
        rules::check(config, cookies)?;
        if !config.cookie.secure && config.preset.is_none() {
            telemetry::insecure_cookie();
        }
        let state = &config.state;
        Ok(Self(Arc::new(Inner {
            config: config.clone(),
            cookie: CookieProtection::new(config, cookies),
            anonymous: Timeouts::of_anonymous(state),
            logged_in: Timeouts::of_log_ins(state),
            remembered: match config.log_in.allow_remembered {
                true => Timeouts::of_remembered(state, &config.log_in),
                // Some sessions may be from before a change of the configuration.
                false => Timeouts::of_log_ins(state),
            },
            clock: Clock::system(),
        })))
    }

    /// Reads the time from `clock` instead of the operating system; for tests.
    #[must_use]
    pub fn with_clock(self, clock: impl Into<Clock>) -> Self {
        let mut inner = Arc::unwrap_or_clone(self.0);
        inner.clock = clock.into();
        Self(Arc::new(inner))
    }

    /// Returns the configuration that was checked.
    pub fn config(&self) -> &SessionConfig {
        &self.0.config
    }

    /// Returns the present time, with which deadlines are compared.
    pub fn now(&self) -> UtcDateTime {
        self.0.clock.now()
    }

    pub(crate) fn cookie_name(&self) -> &str {
        &self.0.config.cookie.name
    }

    pub(crate) fn state(&self) -> &SessionStateConfig {
        &self.0.config.state
    }

    pub(crate) fn store_timeout(&self) -> Duration {
        self.0.config.store.timeout
    }

    pub(crate) fn cookie(&self) -> &CookieProtection {
        &self.0.cookie
    }

    /// Returns the payload of a cookie value. If there is no record, a timeout that was shortened
    /// since its issue holds for it.
    pub(crate) fn authenticate(&self, value: &[u8]) -> Result<CookiePayload, InvalidCookie> {
        let mut cookie = self.0.cookie.read(value)?;
        if !cookie.has_record {
            let (begins_at, issued_at) = (cookie.token.id.created_at(), nearest(cookie.issued_at));
            let timeouts = self.timeouts_of_anonymous();
            cookie.expires_at = timeouts.current_deadline(cookie.expires_at, begins_at, issued_at);
        }
        if self.state().client_side == ClientSide::Deny || self.cuts_off_cookie(&cookie) {
            cookie.client_state = ClientJson::default();
        }
        Ok(cookie)
    }

    /// Returns the header that sets the session cookie.
    pub(crate) fn set_cookie(
        &self,
        cookie: &CookiePayload,
    ) -> Result<HeaderValue, getrandom::Error> {
        self.0.cookie.set(cookie)
    }

    /// Returns the header that removes the session cookie.
    pub(crate) fn remove_cookie(&self) -> HeaderValue {
        self.0.cookie.remove()
    }

    /// Returns the timeouts of a session with a principal.
    pub(crate) fn timeouts_of_log_in(&self, lifetime: Lifetime) -> &Timeouts {
        match lifetime {
            Lifetime::Remembered => &self.0.remembered,
            Lifetime::Ordinary | Lifetime::BrowserSession => &self.0.logged_in,
        }
    }

    /// Returns the timeouts of a session without a principal.
    pub(crate) fn timeouts_of_anonymous(&self) -> &Timeouts {
        &self.0.anonymous
    }

    /// Returns the timeouts of the session with that record.
    pub(crate) fn timeouts_of(&self, record: &SessionRecord) -> &Timeouts {
        match record.principal {
            Some(_) => self.timeouts_of_log_in(record.lifetime),
            None => self.timeouts_of_anonymous(),
        }
    }

    /// Returns the timeouts of the session with that cookie.
    pub(crate) fn timeouts_by(&self, cookie: &CookiePayload) -> &Timeouts {
        match cookie.has_principal {
            true => self.timeouts_of_log_in(cookie.lifetime),
            false => self.timeouts_of_anonymous(),
        }
    }

    /// Returns the record with the deadline that holds now: a timeout that was shortened since its
    /// last write holds for it.
    pub(crate) fn with_current_deadline(
        &self,
        mut record: Arc<SessionRecord>,
    ) -> Arc<SessionRecord> {
        let timeouts = self.timeouts_of(&record);
        let (begins_at, last_active_at) = (record.begins_at(), record.last_active_at);
        let deadline = timeouts.current_deadline(record.expires_at, begins_at, last_active_at);
        if deadline < record.expires_at {
            Arc::make_mut(&mut record).expires_at = deadline;
        }
        record
    }

    /// Returns `true` if a session is over because of `session.state.valid_from`.
    pub(crate) fn cuts_off(
        &self,
        created_at: UtcDateTime,
        authenticated_at: Option<UtcDateTime>,
    ) -> bool {
        let begins_at = authenticated_at.map_or(created_at, |at| at.max(created_at));
        let valid_from = self.state().valid_from;
        valid_from.is_some_and(|valid_from| begins_at < valid_from)
    }

    /// Returns `true` if the cookie alone shows that its session is over in that way.
    pub(crate) fn cuts_off_cookie(&self, cookie: &CookiePayload) -> bool {
        if self.state().valid_from.is_none() {
            // Two conversions of times less, in nearly all applications.
            return false;
        }
        // Nobody has logged in later than that with the secret in the cookie.
        let authenticated_at = cookie.has_principal.then(|| nearest(cookie.issued_at));
        self.cuts_off(cookie.token.id.created_at(), authenticated_at)
    }

    /// Keeps the summaries of sessions that have not ended.
    pub(crate) fn live(&self, mut summaries: Vec<SessionSummary>) -> Vec<SessionSummary> {
        let now = self.now();
        summaries.retain_mut(|summary| {
            let timeouts = self.timeouts_of_log_in(summary.lifetime);
            summary.expires_at = timeouts.deadline_of(summary);
            now < summary.expires_at && !self.cuts_off(summary.created_at, summary.authenticated_at)
        });
        summaries
    }

    /// Returns `true` if a session of anybody or nobody has not ended.
    pub(crate) fn is_live(&self, summary: &SessionSummary, now: UtcDateTime) -> bool {
        let timeouts = match summary.authenticated_at {
            Some(_) => self.timeouts_of_log_in(summary.lifetime),
            None => self.timeouts_of_anonymous(),
        };
        let is_over = timeouts.deadline_of(summary) <= now;
        !is_over && !self.cuts_off(summary.created_at, summary.authenticated_at)
    }
}

impl fmt::Debug for SessionPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionPolicy")
            .field("config", &self.0.config)
            .finish_non_exhaustive()
    }
}
