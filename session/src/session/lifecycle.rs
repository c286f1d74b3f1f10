//! The methods of [`Session`] for its identity, beginning and end.

use std::time::Duration;

use time::UtcDateTime;

use super::Session;
use super::progress::EndReason;
use crate::clock;
use crate::cookie::payload::CookiePayload;
use crate::errors::SessionError;
use crate::store::SessionRecord;
use crate::token::SessionId;

impl Session {
    /// Returns the public id of the session, or `None` if there is no session.
    ///
    /// A session that this request starts has its id once it is committed: call
    /// [`commit`](Self::commit) first to store the id elsewhere.
    ///
    /// The call does not count as a use of the session. It neither moves the deadline nor adds a
    /// `Vary` header to the response.
    ///
    /// # Example
    ///
    /// ```
    /// # use session_kit as session;
    /// # session::testing::run(session_memory::InMemorySessionStore::new(), async |session| {
    /// session.insert("theme", "dark").await?;
    /// assert_eq!(session.id(), None);
    /// session.commit().await?;
    /// assert!(session.id().is_some());
    /// # Ok(()) });
    /// ```
    pub fn id(&self) -> Option<SessionId> {
        let cookie = self.0.status().cookie();
        cookie.map(|cookie| cookie.token.id)
    }

    /// Returns the deadline of the session, or `None` before the first commit of a new session.
    ///
    /// The deadline comes from the record if that was loaded, and from the cookie otherwise. As
    /// with [`id`](Self::id), the call does not count as a use of the session.
    ///
    /// # Example
    ///
    /// ```
    /// # use session_kit as session;
    /// # session::testing::run(session_memory::InMemorySessionStore::new(), async |session| {
    /// session.insert("theme", "dark").await?;
    /// session.commit().await?;
    /// let left = session.expires_at().expect("it is committed") - time::UtcDateTime::now();
    /// assert!(left.whole_minutes() >= 119);
    /// # Ok(()) });
    /// ```
    pub fn expires_at(&self) -> Option<UtcDateTime> {
        self.0.status().expires_at()
    }

    /// Returns the time until the session ends if nobody uses it; `None` without a session.
    ///
    /// The record is loaded, so that no time remains if the session has ended. If record and cookie
    /// have different deadlines, as after an answer that was lost, the earlier one counts. A later
    /// deadline that this request will cause does not. The result is `None` before the first commit
    /// of a new session.
    ///
    /// The load is activity unless the handler asks for a
    /// [`PassiveRequest`](crate::PassiveRequest).
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
    /// assert_eq!(session.remaining().await?, None);
    /// session.insert("theme", "dark").await?;
    /// session.commit().await?;
    /// let left = session.remaining().await?.expect("it is committed");
    /// assert!(left.as_secs() > 119 * 60);
    /// # Ok(()) });
    /// ```
    pub async fn remaining(&self) -> Result<Option<Duration>, SessionError> {
        self.0.load().await?;
        let now = self.0.env.now();
        let cookie = self.0.status().cookie();
        // If an answer was lost, the browser forgets its cookie before the record ends.
        let deadline = cookie
            .map(|cookie| cookie.expires_at)
            .min(self.expires_at());
        Ok(deadline.map(|deadline| clock::between(now, deadline)))
    }

    /// Returns the deadline that no use of the session moves, or `None` without a session.
    ///
    /// It is the end of the absolute timeout, which counts from the last log-in or, if there was
    /// none, from the beginning. Once it equals [`expires_at`](Self::expires_at), only a log-in
    /// gives the session more time: a page that warns its visitor then asks for the password.
    ///
    /// The record is loaded. That is activity unless the handler asks for a
    /// [`PassiveRequest`](crate::PassiveRequest).
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
    /// session.commit().await?;
    /// let end = session.absolute_deadline().await?.expect("it is committed");
    /// assert_eq!((end - time::UtcDateTime::now()).whole_days(), 29);
    /// # Ok(()) });
    /// ```
    pub async fn absolute_deadline(&self) -> Result<Option<UtcDateTime>, SessionError> {
        let status = &self.0.load().await?.status;
        let policy = &self.0.env.policy;
        let of_record = |record: &SessionRecord| {
            let timeouts = policy.timeouts_of(record);
            timeouts.absolute_deadline(record.begins_at())
        };
        let of_cookie = |cookie: &CookiePayload| {
            let timeouts = policy.timeouts_of_anonymous();
            timeouts.absolute_deadline(cookie.token.id.created_at())
        };
        let by_record = status.record().map(of_record);
        Ok(by_record.or_else(|| status.cookie().map(of_cookie)))
    }

    /// Notes that the request is not activity of the user.
    pub(crate) fn mark_passive(&self) {
        self.0.progress.mark_passive();
    }

    /// Replaces the secret in the cookie. The old one is rejected once the change is committed.
    ///
    /// Call it whenever the rights of the session change, so that a token which somebody learned or
    /// planted before is worthless (session fixation; OWASP ASVS 5.0, 7.2.4).
    /// [`log_in`](Self::log_in) includes it. The id and the state stay. Without a session, the call
    /// does nothing.
    ///
    /// # Example
    ///
    /// ```
    /// # use session_kit as session;
    /// # session::testing::run(session_memory::InMemorySessionStore::new(), async |session| {
    /// session.insert("role", "editor").await?;
    /// session.renew();
    /// # Ok(()) });
    /// ```
    pub fn renew(&mut self) {
        self.0.progress.mark_consulted();
        self.0.pending.renew = true;
    }

    /// Ends the session: the commit deletes its record, and the response removes the cookie.
    ///
    /// The end takes effect with any status of the response, and it wins over every parallel
    /// request. If the request has cookies of several sessions, all of them end. The request goes
    /// on without a session; a later write starts a new one.
    ///
    /// # Example
    ///
    /// ```
    /// # use session_kit as session;
    /// # session::testing::run(session_memory::InMemorySessionStore::new(), async |session| {
    /// session.insert("user_id", &42).await?;
    /// session.invalidate();
    /// assert_eq!(session.get::<u64>("user_id").await?, None);
    /// session.insert("notice", "you are logged out").await?;
    /// # Ok(()) });
    /// ```
    pub fn invalidate(&mut self) {
        self.0.end(EndReason::Invalidated);
    }
}
