//! The methods of [`Session`] for the principal that it belongs to.

use std::borrow::Cow;
use std::sync::OnceLock;

use time::UtcDateTime;

use super::found::Found;
use super::log_in::LogIn;
use super::pending::PendingLogIn;
use super::progress::EndReason;
use super::{Inner, Session};
use crate::clock;
use crate::config::AtLimit;
use crate::cookie::payload::CookiePayload;
use crate::errors::SessionError;
use crate::principal::Principal;
use crate::state::{KeyName, Name};
use crate::store::{Lifetime, SessionRecord, SessionSummary, StoreError};

impl Session {
    /// Attaches the session to a principal who has just proved their identity.
    ///
    /// - The token is replaced, so that one which somebody learned or planted before is worthless
    ///   (session fixation; OWASP ASVS 5.0, 7.2.4).
    /// - The time is kept as [`authenticated_at`](Self::authenticated_at), and the absolute timeout
    ///   starts again. A second log-in of the same principal renews both (re-authentication),
    ///   unless its proof is the older one.
    /// - The values of an anonymous session are removed, since somebody else may have planted that
    ///   session: see [`log_in_keeping`](Self::log_in_keeping). So is what this request has written
    ///   before. Write after the log-in.
    /// - A session of another principal ends, and the new one starts empty. A second log-in of the
    ///   same principal keeps all values.
    /// - Parallel log-ins of one browser share one session: with a token that a log-in of the same
    ///   principal has just replaced, this one joins that session and sees its state.
    /// - The log-in chooses the lifetime: see [`LogIn::remembered`] and
    ///   [`LogIn::for_this_browser_session`].
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
    /// [`StoreErrorKind::Unsupported`](crate::store::StoreErrorKind::Unsupported). A log-in that
    /// joins another one repeats the changes so far on its state, which can fail with
    /// [`SessionError::UpdateRefused`] or [`SessionError::StateTooLarge`].
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
    /// assert!(!session.contains_key("cart").await?);
    /// # Ok(()) });
    /// ```
    pub async fn log_in(&mut self, log_in: impl Into<LogIn>) -> Result<(), SessionError> {
        self.log_in_keeping::<&str>(log_in, []).await
    }

    /// Attaches the session to a principal, as [`log_in`](Self::log_in) does, and keeps the values
    /// that the visitor has left under `keys`.
    ///
    /// The keys are those of the server-side state and of the client-side state. Any other value of
    /// an anonymous session is removed, also one that a parallel request writes before the log-in
    /// is committed.
    ///
    /// Whoever can set a cookie in a browser can give it an anonymous session of their own. The
    /// person who then logs in would go on with its values. So keep only values that a stranger may
    /// choose, such as a cart or a language, and none that a handler trusts: the result of a check,
    /// an address to deliver to, the `state` of another provider. Messages for the next page from
    /// before the log-in are not kept.
    ///
    /// A session of another principal ends, and nothing of it is kept. A session of the same
    /// principal keeps all values.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`log_in`](Self::log_in). Nobody is logged in then.
    ///
    /// # Example
    ///
    /// ```
    /// # use session_kit as session;
    /// use session::{Principal, StateKey};
    ///
    /// const CART: StateKey<Vec<u64>> = StateKey::new("cart");
    ///
    /// # session::testing::run(session_memory::InMemorySessionStore::new(), async |session| {
    /// session.insert(CART, &vec![1, 2, 3]).await?;
    /// session.insert("address", "Elm Street 1").await?;
    /// session.client_mut().insert("language", "de")?;
    /// let principal = Principal::from(42_i64);
    /// session.log_in_keeping(principal, [CART.name(), "language"]).await?;
    /// assert!(session.contains_key(CART).await?);
    /// assert!(session.client().contains_key("language"));
    /// assert!(!session.contains_key("address").await?);
    ///
    /// // Nothing of one user is left to the next one.
    /// session.log_in_keeping(Principal::from(7_i64), [CART]).await?;
    /// assert!(!session.contains_key(CART).await?);
    /// # Ok(()) });
    /// ```
    pub async fn log_in_keeping<K: KeyName>(
        &mut self,
        log_in: impl Into<LogIn>,
        keys: impl IntoIterator<Item = K>,
    ) -> Result<(), SessionError> {
        if self.0.env.store.is_cookie_only() {
            return Err(StoreError::unsupported().into());
        }
        self.0.undo_failed_take();
        self.0.pending.forget_dropped_log_in();
        let log_in = log_in.into();
        let now = self.0.env.now();
        let owner = self.principal().await?;
        let is_owner = owner.as_ref() == Some(&log_in.principal);
        let mut log_in = self.0.pending_log_in(log_in, is_owner, now);
        if self.0.is_too_old(&log_in, is_owner, now) {
            return Err(SessionError::ProofTooOld);
        }
        if let Some(earlier) = self.0.pending.log_in().filter(|_| is_owner) {
            log_in.authenticated_at = log_in.authenticated_at.max(earlier.authenticated_at);
        }
        if !is_owner {
            self.check_limit(&log_in.principal, owner.is_some()).await?;
            match owner {
                Some(_) => self.log_out(),
                None => {
                    let keys = keys.into_iter().map(Name::into_name);
                    self.0.keep_only(keys.collect()).await?;
                }
            }
        }
        self.0.join_or_restore(log_in)
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
    /// The keys are those of the server-side state and of the client-side state. A value that does
    /// not fit into a new session is lost: it was stored when the configuration allowed larger
    /// states.
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
            false => self.view().await?.copies(&keys),
        };
        let client_state = self.0.client_state().view().copies(&keys);
        self.log_out();
        for change in server_state {
            unless_too_large(self.change(change).await.map(drop))?;
        }
        for change in client_state {
            unless_too_large(self.0.change_client_state(change))?;
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
        let record = self.record().await?;
        match self.0.pending.log_in() {
            Some(log_in) => Ok(Some(log_in.proof_after(record))),
            None => Ok(record.and_then(|record| record.authenticated_at)),
        }
    }

    async fn record(&self) -> Result<Option<&SessionRecord>, SessionError> {
        Ok(self.0.load().await?.status.record())
    }

    /// Refuses a log-in at the limit before anything changes.
    async fn check_limit(&self, principal: &Principal, logs_out: bool) -> Result<(), SessionError> {
        let config = &self.0.env.policy.config().log_in;
        let (Some(limit), AtLimit::Refuse) = (config.max_sessions_per_principal, config.at_limit)
        else {
            return Ok(());
        };
        let limit = limit.get();
        let mut live = self.0.env.live_sessions_of(principal).await?;
        live.retain(|summary| !self.0.gives_up(summary, logs_out));
        match live.len() < limit {
            true => Ok(()),
            false => Err(SessionError::TooManySessions { limit }),
        }
    }
}

impl Inner {
    /// Returns `true` if that session does not count for a log-in: the commit ends it, or the
    /// log-in may join it.
    fn gives_up(&self, summary: &SessionSummary, logs_out: bool) -> bool {
        let secret_since = clock::to_micros(summary.secret_issued_at);
        let is_ended_by = |cookie: &CookiePayload| {
            cookie.token.id == summary.id && cookie.issued_at >= secret_since
        };
        let names = |found: &Found| found.status(&self.env).named_id() == Some(summary.id);
        let others = |found: &Found| found.other_cookies().any(is_ended_by);
        let ending = self.progress.ending.as_ref().map(|ending| &ending.found);
        let is_ended = ending.is_some_and(|found| names(found) || others(found));
        is_ended || names(&self.found) || (logs_out && others(&self.found))
    }

    /// Returns the log-in as it waits for a commit. `is_owner` is true if the session is of that
    /// principal already.
    fn pending_log_in(&self, log_in: LogIn, is_owner: bool, now: UtcDateTime) -> PendingLogIn {
        let earlier = self.pending.log_in().filter(|_| is_owner);
        let chosen = log_in.lifetime.filter(|it| self.allows(*it));
        PendingLogIn {
            principal: log_in.principal,
            authenticated_at: log_in
                .authenticated_at
                .map_or(now, clock::truncate)
                .min(now),
            label: log_in.label.or(earlier.and_then(|it| it.label.clone())),
            stamp: log_in.stamp,
            origin: log_in.origin.or(earlier.and_then(|it| it.origin)),
            lifetime: chosen.or(earlier.and_then(|it| it.lifetime)),
            counts_towards_limit: !is_owner || earlier.is_some_and(|it| it.counts_towards_limit),
            is_over: OnceLock::new(),
        }
    }

    /// Removes all values but those under `keys`.
    async fn keep_only(&mut self, keys: Vec<Cow<'static, str>>) -> Result<(), SessionError> {
        // After a write whose answer was lost was settled, which would undo the removal.
        let (state, _) = self.server_state_mut().await?;
        state.keep_only(keys.clone());
        self.pending.client_mut().keep_only(keys);
        Ok(())
    }

    fn allows(&self, lifetime: Lifetime) -> bool {
        lifetime != Lifetime::Remembered || self.env.policy.config().log_in.allow_remembered
    }

    /// Returns `true` if the proof is older than the absolute timeout.
    fn is_too_old(&self, log_in: &PendingLogIn, is_owner: bool, now: UtcDateTime) -> bool {
        let record = self.status().record().filter(|_| is_owner);
        let lifetime = log_in.lifetime_after(record);
        let timeouts = self.env.policy.timeouts_of_log_in(lifetime);
        timeouts.absolute_deadline(log_in.authenticated_at) <= now
    }
}

/// Ignores that a value is too large, which must not prevent a log-out.
fn unless_too_large(moved: Result<(), SessionError>) -> Result<(), SessionError> {
    match moved {
        Err(SessionError::StateTooLarge { .. } | SessionError::ClientStateTooLarge { .. }) => {
            Ok(())
        }
        outcome => outcome,
    }
}
