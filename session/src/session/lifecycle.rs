//! The methods of [`Session`] for its identity, beginning and end.

use std::sync::OnceLock;

use time::UtcDateTime;
use tokio::sync::OnceCell;

use super::identity::Standing;
use super::{Ending, Reason, Session};
use crate::config::Activity;
use crate::errors::SessionError;
use crate::state::changes::Change;
use crate::token::{SessionId, SessionToken};

impl Session {
    /// The public id of the session; `None` if there is no session and nothing was written.
    ///
    /// A session that this request starts has its id as soon as something is written to it, so the
    /// application can store it in its own tables.
    ///
    /// # Example
    ///
    /// ```
    /// # use session_kit as session;
    /// # session::testing::run(session_memory::InMemorySessionStore::new(), async |session| {
    /// assert!(session.id().is_none());
    /// session.insert("theme", "dark").await?;
    /// let id = session.id().expect("something was written");
    /// # _ = id;
    /// # Ok(()) });
    /// ```
    pub fn id(&self) -> Option<SessionId> {
        if let Some(content) = self.content()
            && !self.has_ended()
        {
            return Some(content.token.id);
        }
        let starts =
            self.server_changed() || !self.0.client_changes.is_empty() || self.0.log_in.is_some();
        let token = starts
            .then(|| self.next_token(self.0.policy.now()).ok())
            .flatten();
        token.map(|token| token.id)
    }

    /// When the session was created, to the millisecond.
    ///
    /// # Example
    ///
    /// ```
    /// # use session_kit as session;
    /// # session::testing::run(session_memory::InMemorySessionStore::new(), async |session| {
    /// session.insert("theme", "dark").await?;
    /// let age = time::UtcDateTime::now() - session.created_at().expect("something was written");
    /// assert!(age.whole_seconds() < 60);
    /// # Ok(()) });
    /// ```
    pub fn created_at(&self) -> Option<UtcDateTime> {
        self.id().map(SessionId::created_at)
    }

    /// The deadline of the session, as far as this request knows it: from the record if that was
    /// loaded, from the cookie otherwise. `None` before the first commit of a new session.
    ///
    /// # Example
    ///
    /// ```
    /// # use session_kit as session;
    /// # session::testing::run(session_memory::InMemorySessionStore::new(), async |session| {
    /// session.insert("theme", "dark").await?;
    /// session.commit().await?;
    /// let left = session.expires_at().expect("it is committed") - time::UtcDateTime::now();
    /// assert!(left.whole_hours() >= 23);
    /// # Ok(()) });
    /// ```
    pub fn expires_at(&self) -> Option<UtcDateTime> {
        let standing = self.0.server.get().map(|server| &server.standing);
        match (standing, self.content()) {
            (Some(Standing::Live(record, _)), _) => Some(record.expires_at),
            (_, Some(content)) if !self.has_ended() => Some(content.expires_at),
            _ => None,
        }
    }

    /// Replaces the secret in the cookie; the old one is dead once this is committed.
    ///
    /// Call it whenever the rights of the session change: whoever learned or planted the token before
    /// has nothing then (session fixation; OWASP ASVS 5.0, 7.2.4). [`log_in`](Self::log_in) does it
    /// by itself. The id and the state stay. Without a session it does nothing.
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
        self.0.renew = true;
    }

    /// Ends the session: its record is deleted, and the browser is told to remove the cookie.
    ///
    /// It takes effect whatever the status of the response, and it wins over every parallel
    /// request. The request goes on without a session; a later write starts a new one.
    ///
    /// # Example
    ///
    /// ```
    /// # use session_kit as session;
    /// # session::testing::run(session_memory::InMemorySessionStore::new(), async |session| {
    /// session.insert("user_id", 42).await?;
    /// session.invalidate();
    /// assert_eq!(session.get::<u64>("user_id").await?, None);
    /// session.insert("notice", "you are logged out").await?;
    /// # Ok(()) });
    /// ```
    pub fn invalidate(&mut self) {
        self.end_with(Reason::Invalidated);
    }

    pub(crate) fn end_with(&mut self, reason: Reason) {
        let content = std::mem::replace(&mut self.0.content, OnceLock::from(None)).into_inner();
        let content = content.unwrap_or_else(|| self.authenticate(|| self.0.policy.now()));
        let server = std::mem::replace(&mut self.0.server, OnceCell::new()).into_inner();
        self.0.client_changes.forget();
        self.0.next_token = OnceLock::new();
        self.0.renew = false;
        self.0.log_in = None;
        // Only a browser that has a cookie needs to be told, and the first ending is the one of the cookie.
        if self.0.ending.is_none() && (self.0.incoming.is_some() || content.is_some()) {
            self.0.ending = Some(Box::new(Ending {
                content,
                server,
                reason,
            }));
        }
    }

    /// Deletes the server-side state together with its record. What is in the client-side state
    /// moves on to a new session.
    ///
    /// # Example
    ///
    /// ```
    /// # use session_kit as session;
    /// # session::testing::run(session_memory::InMemorySessionStore::new(), async |session| {
    /// session.client_mut().insert("language", "de")?;
    /// session.insert("cart", [1, 2, 3]).await?;
    /// session.delete();
    /// assert!(session.is_empty().await?);
    /// assert!(session.client().contains_key("language"));
    /// # Ok(()) });
    /// ```
    pub fn delete(&mut self) {
        let client_state = self.client_state();
        self.invalidate();
        for entry in client_state.iter() {
            self.0.client_changes.push(Change::set(entry));
        }
    }

    /// Whether the handler, or one of its inputs, made use of the session.
    pub(crate) fn was_consulted(&self) -> bool {
        self.0.content.get().is_some()
    }

    /// Whether there is anything to look at before the response is sent.
    pub(crate) fn needs_finalizing(&self) -> bool {
        let any_request = self.0.policy.state().activity == Activity::AnyRequest;
        self.was_consulted() || self.0.renew || any_request
    }

    /// The token of the session that a change starts.
    pub(crate) fn next_token(&self, now: UtcDateTime) -> Result<&SessionToken, SessionError> {
        if self.0.next_token.get().is_none() {
            let token = SessionToken::generate(now)?;
            // If another caller was faster, its token is as good.
            _ = self.0.next_token.set(token);
        }
        Ok(self
            .0
            .next_token
            .get()
            .expect("it was set by the lines above"))
    }
}
