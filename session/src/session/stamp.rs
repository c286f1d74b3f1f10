//! The method of [`Session`] that ends a session whose credentials have changed.

use super::lookup::look_up;
use super::status::SessionStatus;
use super::{Inner, Session};
use crate::errors::SessionError;
use crate::store::SessionRecord;
use crate::telemetry;

impl Session {
    /// Requires that the log-in of the session had this stamp, and ends the session otherwise.
    ///
    /// Call it in the constructor of the application's user type, with the value that
    /// [`LogIn::with_stamp`](crate::LogIn::with_stamp) would get now, such as the stored password
    /// hash. A changed password then ends all sessions that the old one began:
    ///
    /// - a log-in that verified the old password before the change and is committed after it, which
    ///   [`revoke_others`](crate::SessionRegistry::revoke_others) does not see;
    /// - all of them, if another program changes the password, for example in SQL or LDAP.
    ///
    /// If the stamps differ, or the log-in had no stamp, the record is deleted and the event
    /// `session.stamp_mismatch` is logged. The request goes on like one with a dead cookie: nobody
    /// is logged in. Later requests do the same. A log-in that is not committed yet is dropped with
    /// all changes of the server-side state, and the visitor's session stays as it was. If nobody
    /// is logged in, the call fails and changes nothing.
    ///
    /// # Errors
    ///
    /// Returns [`SessionError::StampMismatch`] if nobody is logged in with this stamp, and
    /// [`SessionError::Store`] if the store fails. In
    /// [`PrincipalError`](crate::PrincipalError), the former has the response of a visitor who is
    /// not logged in.
    ///
    /// # Example
    ///
    /// ```
    /// # use session_kit as session;
    /// use session::{LogIn, Principal, Session, PrincipalError};
    ///
    /// pub struct Member(Principal);
    ///
    /// // with `#[pavex::request_scoped]`:
    /// pub async fn member(
    ///     principal: &Principal,
    ///     session: &Session,
    ///     users: &Users,
    /// ) -> Result<Member, PrincipalError> {
    ///     let hash = users.password_hash(principal).ok_or(PrincipalError::NotLoggedIn)?;
    ///     session.verify_stamp(hash.as_bytes()).await?;
    ///     Ok(Member(principal.clone()))
    /// }
    /// # pub struct Users;
    /// # impl Users {
    /// #     fn password_hash(&self, _: &Principal) -> Option<String> {
    /// #         Some("$argon2id$new".to_owned())
    /// #     }
    /// # }
    ///
    /// # session::testing::run(session_memory::InMemorySessionStore::new(), async |session| {
    /// # let ada = Principal::from(42_i64);
    /// session.log_in(LogIn::new(ada.clone()).with_stamp(b"$argon2id$old")).await?;
    /// session.commit().await?;
    /// assert!(member(&ada, session, &Users).await.is_err());
    /// assert_eq!(session.principal().await?, None);
    /// # Ok(()) });
    /// ```
    pub async fn verify_stamp(&self, stamp: &[u8]) -> Result<(), SessionError> {
        let session = &*self.0;
        let record = session.load().await?.status.record();
        let carries = match session.pending.log_in() {
            Some(log_in) => log_in.has_stamp(stamp),
            None => record.is_some_and(|record| record.has_stamp(stamp)),
        };
        if carries {
            return Ok(());
        }
        session.end_by_stamp().await?;
        Err(SessionError::StampMismatch)
    }
}

impl Inner {
    /// Ends the session, and drops the log-in that is not committed yet.
    ///
    /// Another request of the browser may have logged in meanwhile, with the new credentials, so
    /// only a record under the secret of this log-in is deleted.
    async fn end_by_stamp(&self) -> Result<(), SessionError> {
        if let Some(log_in) = self.pending.log_in() {
            _ = log_in.is_over.set(());
        }
        let mut status = self.status().clone();
        if matches!(&status, SessionStatus::Live(live) if live.is_joined()) {
            // Without its log-in, the request has no right to the session that it has joined.
            self.found.replace_with(SessionStatus::NoSession);
        }
        if let Some(sent) = &self.progress.sent
            && sent.record.principal.is_some()
            && self.deletes_by_stamp(&sent.record).await?
        {
            return Ok(());
        }
        if status.record().is_none_or(|it| it.principal.is_none()) {
            if self.pending.drops_log_in() {
                // What the handler has written is for the log-in.
                self.found.drop_changes();
            }
            return Ok(());
        }
        while let SessionStatus::Live(live) = &status {
            if self.deletes_by_stamp(&live.record).await? {
                return Ok(());
            }
            // The secret was renewed, or the session is not this one any more.
            status = look_up(&self.env, &live.cookie, self.env.now())
                .await?
                .status;
        }
        if let SessionStatus::DeadCookie { .. } = status {
            // It has ended while the request was under way, and the browser may have other cookies.
            status = SessionStatus::NoSession;
        }
        self.found.replace_with(status);
        Ok(())
    }

    /// Deletes the record if it still has the same secret. Returns `true` if it did.
    async fn deletes_by_stamp(&self, record: &SessionRecord) -> Result<bool, SessionError> {
        let deleted = self
            .env
            .store
            .delete(record.id, Some(record.secret))
            .await?;
        if deleted {
            telemetry::stamp_mismatch(record.id);
            self.found.replace_with(self.found.without_latest());
        }
        Ok(deleted)
    }
}
