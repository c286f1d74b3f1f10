//! Reads of a session without a store operation: [`Recent`] and [`RecentSession`].

#![allow(unreachable_pub, reason = "constants that Pavex generates")]

use std::fmt;
use std::ops::Deref;

use pavex::methods;
use serde::de::DeserializeOwned;

use super::required::PrincipalError;
use crate::commit::is_nothing_due;
use crate::errors::SessionError;
use crate::principal::Principal;
use crate::session::lookup::{LoadedSession, live_session};
use crate::session::status::SessionStatus;
use crate::session::{Inner, Session};
use crate::state::KeyFor;
use crate::state::server::ServerState;
use crate::state::value::decode;
use crate::store::SessionRecord;

/// A `P` of a session as it was a moment ago, for pages that only show something.
///
/// A handler that asks for a `&Recent<Principal>` is called for users who are logged in, as one
/// that asks for a [`Principal`] is. But the record may be a copy from the memory of this process,
/// which costs no store operation. The copy is at most `session.store.recent` old, by default 1
/// second.
///
/// # The end of a session
///
/// A session that this process ends is over at once: by a log-out, a log-in, a renewal, or the
/// [`SessionRegistry`](crate::SessionRegistry), if the call succeeded. So is one that expires, that
/// `session.state.valid_from` cuts off, or whose cookie has another secret than the copy. A session
/// that *another* process ends may be shown for the rest of that second. The same is true of a call
/// that returned an error, since it may still take effect later. So ask for `Recent` only where
/// that does no harm, such as the name of the user at the top of a page. Wherever something is
/// changed or must not be shown, ask for [`Principal`].
///
/// Everything that writes is strict: a method of [`Session`] never uses a copy.
///
/// # Credentials that have changed
///
/// `Recent<Principal>` compares no stamp, as [`Principal`] does not. An application whose user type
/// calls [`Session::verify_stamp`] builds the recent form of that type with
/// [`RecentSession::verify_stamp`].
///
/// # Example
///
/// ```
/// # use session_kit as session;
/// use pavex::Response;
/// use session::{Principal, Recent};
///
/// pub async fn greeting(user: &Recent<Principal>) -> Response {
///     let principal: &Principal = user;
///     Response::ok().set_typed_body(format!("Hello, {principal}"))
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recent<P> {
    inner: P,
}

impl<P> Recent<P> {
    /// Returns the `P`.
    pub fn into_inner(self) -> P {
        self.inner
    }

    /// Returns a value that was made from the `P`, such as the user type of an application.
    pub fn map<Q>(self, make: impl FnOnce(P) -> Q) -> Recent<Q> {
        Recent {
            inner: make(self.inner),
        }
    }
}

impl<P> Deref for Recent<P> {
    type Target = P;

    fn deref(&self) -> &P {
        &self.inner
    }
}

#[methods]
impl Recent<Principal> {
    /// Returns the principal that the request's session had a moment ago.
    ///
    /// # Errors
    ///
    /// Returns [`PrincipalError::NotLoggedIn`] if nobody is logged in, and
    /// [`PrincipalError::Session`] if the record is to be loaded and cannot be.
    #[request_scoped(allow(unused))]
    pub async fn required(session: &Session) -> Result<Recent<Principal>, PrincipalError> {
        let recent = Self::optional(session).await?;
        recent.ok_or(PrincipalError::NotLoggedIn)
    }

    /// Returns the principal that the request's session had a moment ago, or `None` if nobody was
    /// logged in.
    ///
    /// # Errors
    ///
    /// Returns [`SessionError`] if the record is to be loaded and cannot be.
    #[request_scoped(allow(unused))]
    pub async fn optional(session: &Session) -> Result<Option<Recent<Principal>>, SessionError> {
        let recent = session.recent().await?;
        let principal = recent.principal().cloned();
        Ok(principal.map(|inner| Recent { inner }))
    }
}

/// A session as it was a moment ago, to read; see [`Session::recent`].
pub struct RecentSession<'a> {
    session: &'a Session,
    /// `None` if this request has loaded the session.
    copy: Option<LoadedSession>,
}

impl Session {
    /// Returns the session as it was at most `session.store.recent` ago, to read.
    ///
    /// It usually costs no store operation if this process has loaded the record in that time, and
    /// has not changed it since. [`Recent`] explains which ends of a session are seen at once, and
    /// which one second later. The record is loaded instead if
    ///
    /// - there is no copy of it: this read is the first one of the process, the state has more than
    ///   1 MiB, or other copies have taken its place;
    /// - many sessions have ended in one step since, such as those of another principal;
    /// - the deadline is to be moved, the secret is to be renewed, or the cookie is to be sent, so
    ///   that users who see only such pages stay logged in;
    /// - the cookie does not carry the present secret of the copy;
    /// - `session.store.recent` is 0.
    ///
    /// If this request has used the server-side state already, that is what is returned, with the
    /// changes of the request. A later use of the server-side state loads the record as usual.
    ///
    /// # Errors
    ///
    /// Returns [`SessionError::Store`] if the record is to be loaded and cannot be.
    ///
    /// # Example
    ///
    /// ```
    /// # use session_kit as session;
    /// # session::testing::run(session_memory::InMemorySessionStore::new(), async |session| {
    /// # session.insert("theme", "dark").await?;
    /// let recent = session.recent().await?;
    /// assert_eq!(recent.get::<String>("theme")?.as_deref(), Some("dark"));
    /// assert_eq!(recent.principal(), None);
    /// # Ok(()) });
    /// ```
    pub async fn recent(&self) -> Result<RecentSession<'_>, SessionError> {
        let session = self.parts();
        session.progress.mark_consulted();
        let copy = session.recent_copy();
        if copy.is_none() {
            session.load().await?;
        }
        Ok(RecentSession {
            session: self,
            copy,
        })
    }
}

impl RecentSession<'_> {
    /// Returns the principal that the session belongs to, or `None` if nobody is logged in.
    pub fn principal(&self) -> Option<&Principal> {
        let session = self.session.parts();
        match (&self.copy, session.pending.log_in()) {
            (None, Some(log_in)) => Some(&log_in.principal),
            _ => self.record()?.principal.as_ref(),
        }
    }

    /// Returns the value under `key` in the server-side state, or `None` if there is none.
    ///
    /// # Errors
    ///
    /// Returns [`SessionError::Deserialize`] if the value is not a `T`, and
    /// [`SessionError::Store`] if sessions live in the cookie only.
    pub fn get<T: DeserializeOwned>(&self, key: impl KeyFor<T>) -> Result<Option<T>, SessionError> {
        let session = self.session.parts();
        session.require_store()?;
        let copied = self.copy.as_ref().map(|copy| &copy.state);
        let state = copied.or_else(|| session.found.state());
        let json = state.and_then(|state| state.view().live(key.name(), || session.env.now()));
        json.map(|json| decode(key.name(), json)).transpose()
    }

    /// Requires that the log-in of the session had this stamp, as [`Session::verify_stamp`] does.
    ///
    /// It costs no store operation if the copy has the stamp. Otherwise the session is loaded and,
    /// if that one does not have the stamp either, ended. So a change of credentials is seen at
    /// once, given that `stamp` was read after the change. An end of the session is not: one that
    /// another process has ended, with the same credentials, may pass for the rest of that second.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`Session::verify_stamp`].
    ///
    /// # Example
    ///
    /// ```
    /// # use session_kit as session;
    /// use session::{Principal, PrincipalError, Session};
    ///
    /// /// A member, for pages that only show something.
    /// pub struct RecentMember(Principal);
    ///
    /// // with `#[pavex::request_scoped]`:
    /// pub async fn recent_member(
    ///     session: &Session,
    ///     users: &Users,
    /// ) -> Result<RecentMember, PrincipalError> {
    ///     let recent = session.recent().await?;
    ///     let principal = recent.principal().ok_or(PrincipalError::NotLoggedIn)?;
    ///     let hash = users.password_hash(principal).ok_or(PrincipalError::NotLoggedIn)?;
    ///     recent.verify_stamp(hash.as_bytes()).await?;
    ///     Ok(RecentMember(principal.clone()))
    /// }
    /// # pub struct Users;
    /// # impl Users {
    /// #     fn password_hash(&self, _: &Principal) -> Option<String> {
    /// #         Some("$argon2id$new".to_owned())
    /// #     }
    /// # }
    /// # session::testing::run(session_memory::InMemorySessionStore::new(), async |session| {
    /// # let log_in = session::LogIn::new(Principal::from(42_i64));
    /// # session.log_in(log_in.with_stamp(b"$argon2id$new")).await?;
    /// # assert!(recent_member(session, &Users).await.is_ok());
    /// # Ok(()) });
    /// ```
    pub async fn verify_stamp(&self, stamp: &[u8]) -> Result<(), SessionError> {
        let copied = self.copy.as_ref().and_then(|copy| copy.status.record());
        match copied.is_some_and(|record| record.has_stamp(stamp)) {
            true => Ok(()),
            false => self.session.verify_stamp(stamp).await,
        }
    }

    fn record(&self) -> Option<&SessionRecord> {
        match &self.copy {
            Some(copy) => copy.status.record(),
            None => self.session.parts().status().record(),
        }
    }
}

impl fmt::Debug for RecentSession<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecentSession")
            .field("copied", &self.copy.is_some())
            .finish_non_exhaustive()
    }
}

impl Inner {
    /// Returns the session from a copy of its record, if a load would have no other consequence.
    fn recent_copy(&self) -> Option<LoadedSession> {
        let (env, now) = (&self.env, self.env.now());
        let cookie = self.found.unloaded_cookie(env, now)?;
        let record = env.store.recent(cookie.token.id)?;
        let live = live_session(&env.policy, record, cookie, now).ok()?;
        let state = ServerState::parse(live.record.state.clone(), now).ok()?;
        let status = SessionStatus::Live(live);
        let passive = self.progress.is_passive();
        is_nothing_due(&env.policy, &status, passive, now)
            .then_some(LoadedSession { status, state })
    }
}
