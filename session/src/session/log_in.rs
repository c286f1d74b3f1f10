//! The methods of [`Session`] for the principal that it belongs to.

use std::borrow::Cow;
use std::sync::OnceLock;

use time::UtcDateTime;

use super::Session;
use super::pending::PendingLogIn;
use super::progress::EndReason;
use crate::config::AtLimit;
use crate::errors::SessionError;
use crate::principal::Principal;
use crate::stamp::Stamp;
use crate::state::changes::Change;
use crate::state::view::StateView;
use crate::state::{KeyName, Name};
use crate::store::{Label, SessionRecord, StoreError};

/// The argument of [`Session::log_in`]: a principal, and the circumstances of the log-in.
///
/// # Example
///
/// ```
/// # use session_kit as session;
/// use session::{LogIn, Principal, store::Label};
///
/// let log_in = LogIn::new(Principal::from(42_i64)).with_label(Label::new("Firefox on Linux"));
/// # _ = log_in;
/// ```
#[derive(Debug, Clone)]
pub struct LogIn {
    principal: Principal,
    /// `None` means the time of the call of [`Session::log_in`].
    authenticated_at: Option<UtcDateTime>,
    label: Option<Label>,
    stamp: Option<Stamp>,
}

impl LogIn {
    /// Creates the log-in of a principal who has just proved their identity.
    pub fn new(principal: Principal) -> Self {
        Self {
            principal,
            authenticated_at: None,
            label: None,
            stamp: None,
        }
    }

    /// Returns the principal.
    pub fn principal(&self) -> &Principal {
        &self.principal
    }

    /// Names the session in the list of its principal's sessions, for example after the browser.
    ///
    /// Without it, the session keeps the label that it has.
    #[must_use]
    pub fn with_label(mut self, label: Label) -> Self {
        self.label = Some(label);
        self
    }

    /// Sets an earlier time for the proof of identity, such as the `auth_time` of an identity
    /// provider.
    ///
    /// The absolute timeout counts from that time (OWASP ASVS 5.0, 7.6.1). A time in the future
    /// counts as the present.
    #[must_use]
    pub fn with_authenticated_at(mut self, authenticated_at: UtcDateTime) -> Self {
        self.authenticated_at = Some(authenticated_at);
        self
    }

    /// Sets a value that changes with the credentials of the principal, such as the stored password
    /// hash.
    ///
    /// [`Session::verify_stamp`] compares it later. Use the value against which the credentials
    /// were verified, never one that was read again afterwards. The session keeps a hash of it
    /// alone. Without this call, a log-in leaves no stamp.
    #[must_use]
    pub fn with_stamp(mut self, stamp: &[u8]) -> Self {
        self.stamp = Some(Stamp::new(stamp));
        self
    }
}

impl From<Principal> for LogIn {
    fn from(principal: Principal) -> Self {
        Self::new(principal)
    }
}

impl Session {
    /// Attaches the session to a principal who has just proved their identity.
    ///
    /// - The token is replaced, so that one which somebody learned or planted before is worthless
    ///   (session fixation; OWASP ASVS 5.0, 7.2.4).
    /// - The time is kept as [`authenticated_at`](Self::authenticated_at), and the absolute timeout
    ///   starts again. A second log-in of the same principal renews both (re-authentication).
    /// - The state of an anonymous session stays. A session of another principal ends, and the new
    ///   one starts empty.
    /// - Parallel log-ins of one browser share one session: with a token that a log-in of the same
    ///   principal has just replaced, this one joins that session and sees its state.
    /// - If the principal then has more than `session.log_in.max_sessions_per_principal` sessions,
    ///   the key `session.log_in.at_limit` decides: either the session with the oldest log-in ends,
    ///   or this log-in is refused. A session that this request has ended does not count.
    ///
    /// The log-in takes effect when the session is committed: by [`commit`](Self::commit), or at
    /// the end of the request unless the response is a server error. If the session ends
    /// meanwhile, the log-in starts a new one.
    ///
    /// # Errors
    ///
    /// Returns [`SessionError::ProofTooOld`] if the time of
    /// [`LogIn::with_authenticated_at`] is older than the absolute timeout,
    /// [`SessionError::TooManySessions`] if the log-in is refused, and [`SessionError::Store`] if
    /// the store fails. If sessions are in the cookie only, that error is of the kind
    /// [`StoreErrorKind::Unsupported`](crate::store::StoreErrorKind::Unsupported).
    ///
    /// # Example
    ///
    /// ```
    /// # use session_kit as session;
    /// use session::Principal;
    ///
    /// # session::testing::run(session_memory::InMemorySessionStore::new(), async |session| {
    /// session.insert("cart", &[1, 2, 3]).await?;
    /// session.log_in(Principal::from(42_i64)).await?;
    /// assert_eq!(session.principal().await?, Some(Principal::from(42_i64)));
    /// assert!(session.contains_key("cart").await?);
    ///
    /// session.log_in(Principal::from(7_i64)).await?;
    /// assert!(!session.contains_key("cart").await?);
    /// # Ok(()) });
    /// ```
    pub async fn log_in(&mut self, log_in: impl Into<LogIn>) -> Result<(), SessionError> {
        if self.0.env.store.is_cookie_only() {
            return Err(StoreError::unsupported().into());
        }
        let log_in = log_in.into();
        let now = self.0.env.now();
        let authenticated_at = log_in.authenticated_at.unwrap_or(now).min(now);
        let timeouts = self.0.env.policy.timeouts(true);
        if timeouts.absolute_deadline(authenticated_at) <= now {
            return Err(SessionError::ProofTooOld);
        }
        let counts_towards_limit = match self.principal().await? {
            Some(owner) if owner == log_in.principal => {
                let earlier = self.0.pending.log_in();
                earlier.is_some_and(|earlier| earlier.counts_towards_limit)
            }
            owner => {
                self.check_limit(&log_in.principal).await?;
                if owner.is_some() {
                    self.log_out();
                }
                true
            }
        };
        self.0.pending.log_in = Some(Box::new(PendingLogIn {
            principal: log_in.principal,
            authenticated_at,
            label: log_in.label,
            stamp: log_in.stamp,
            counts_towards_limit,
            is_over: OnceLock::new(),
        }));
        self.0.join()
    }

    /// Ends the session: the commit deletes its record, and the response removes the cookie.
    ///
    /// It differs from [`invalidate`](Self::invalidate) only in the event that it logs.
    ///
    /// # Example
    ///
    /// ```
    /// # use session_kit as session;
    /// # session::testing::run(session_memory::InMemorySessionStore::new(), async |session| {
    /// session.log_in(session::Principal::from(42_i64)).await?;
    /// session.log_out();
    /// assert_eq!(session.principal().await?, None);
    /// # Ok(()) });
    /// ```
    pub fn log_out(&mut self) {
        self.0.end(EndReason::LoggedOut);
    }

    /// Ends the session, and moves the values under `keys` into a new, anonymous one.
    ///
    /// The keys are those of the server-side state and of the client-side state.
    ///
    /// # Errors
    ///
    /// Returns [`SessionError::Store`] if the record cannot be loaded. Nothing changes then.
    ///
    /// # Example
    ///
    /// ```
    /// # use session_kit as session;
    /// # session::testing::run(session_memory::InMemorySessionStore::new(), async |session| {
    /// const CART: session::StateKey<Vec<u64>> = session::StateKey::new("cart");
    /// session.insert(CART, &vec![1, 2, 3]).await?;
    /// session.insert("address", "Elm Street 1").await?;
    /// session.client_mut().insert("language", "de")?;
    /// session.log_out_keeping([CART.name(), "language"]).await?;
    /// assert!(session.contains_key("cart").await?);
    /// assert!(session.client().contains_key("language"));
    /// assert!(!session.contains_key("address").await?);
    /// # Ok(()) });
    /// ```
    pub async fn log_out_keeping<K: KeyName>(
        &mut self,
        keys: impl IntoIterator<Item = K>,
    ) -> Result<(), SessionError> {
        let keys: Vec<_> = keys.into_iter().map(Name::into_name).collect();
        let server_state = match self.0.env.store.is_cookie_only() {
            true => Vec::new(),
            false => copies(&keys, self.view().await?),
        };
        let client_state = copies(&keys, self.0.client_state().view());
        self.log_out();
        for change in server_state {
            self.change(change).await?;
        }
        for change in client_state {
            self.0.pending.client.push(change);
        }
        Ok(())
    }

    /// Returns the principal that the session belongs to, or `None` if nobody is logged in.
    ///
    /// # Errors
    ///
    /// Returns [`SessionError::Store`] if the record cannot be loaded.
    ///
    /// # Example
    ///
    /// ```
    /// # use session_kit as session;
    /// # session::testing::run(session_memory::InMemorySessionStore::new(), async |session| {
    /// assert_eq!(session.principal().await?, None);
    /// # Ok(()) });
    /// ```
    pub async fn principal(&self) -> Result<Option<Principal>, SessionError> {
        match self.0.pending.log_in() {
            Some(log_in) => Ok(Some(log_in.principal.clone())),
            None => Ok(self.record().await?.and_then(|r| r.principal.clone())),
        }
    }

    /// Returns the time at which the principal last proved their identity.
    ///
    /// # Errors
    ///
    /// Returns [`SessionError::Store`] if the record cannot be loaded.
    ///
    /// # Example
    ///
    /// ```
    /// # use session_kit as session;
    /// # session::testing::run(session_memory::InMemorySessionStore::new(), async |session| {
    /// session.log_in(session::Principal::from(42_i64)).await?;
    /// let at = session.authenticated_at().await?.expect("somebody logged in");
    /// assert!((time::UtcDateTime::now() - at).whole_seconds() < 60);
    /// # Ok(()) });
    /// ```
    pub async fn authenticated_at(&self) -> Result<Option<UtcDateTime>, SessionError> {
        match self.0.pending.log_in() {
            Some(log_in) => Ok(Some(log_in.authenticated_at)),
            None => Ok(self.record().await?.and_then(|r| r.authenticated_at)),
        }
    }

    async fn record(&self) -> Result<Option<&SessionRecord>, SessionError> {
        Ok(self.0.load().await?.status.record())
    }

    /// Refuses a log-in at the limit before anything changes.
    async fn check_limit(&self, principal: &Principal) -> Result<(), SessionError> {
        let config = &self.0.env.policy.config().log_in;
        let (Some(limit), AtLimit::Refuse) = (config.max_sessions_per_principal, config.at_limit)
        else {
            return Ok(());
        };
        let limit = limit.get();
        let ended = self.0.progress.ending.as_ref();
        let ended = ended.and_then(|ending| ending.found.status(&self.0.env).named_id());
        let own = self.0.status().named_id();
        let mut live = self.0.env.live_sessions_of(principal).await?;
        // The commit deletes the record of the one, and a log-in may join the other.
        live.retain(|summary| ![ended, own].contains(&Some(summary.id)));
        match live.len() < limit {
            true => Ok(()),
            false => Err(SessionError::TooManySessions { limit }),
        }
    }
}

/// Returns the changes that set the values under `keys` in another state.
fn copies(keys: &[Cow<'static, str>], state: StateView<'_>) -> Vec<Change> {
    let copy = |key: &Cow<'static, str>| {
        let json = state.get(key)?.to_owned();
        Some(Change::set(key.clone(), json))
    };
    keys.iter().filter_map(copy).collect()
}
