use std::sync::{Arc, OnceLock};

use time::UtcDateTime;
use tokio::sync::OnceCell;

use super::authenticate::{Arrived, authenticate};
use super::env::Env;
use super::lookup::{LoadedSession, look_up};
use super::status::SessionStatus;
use crate::cookie::IncomingSession;
use crate::cookie::payload::CookiePayload;
use crate::errors::SessionError;
use crate::state::server::ServerState;
use crate::store::Revision;
use crate::token::SessionId;

/// The session that a request found: authenticated when its status is first needed, loaded when its
/// server-side state is.
#[derive(Default)]
pub(crate) struct Found {
    incoming: Option<IncomingSession>,
    arrived: OnceLock<Arrived>,
    loaded: OnceCell<LoadedSession>,
    /// The session after the credentials turned out to have changed; it replaces `loaded`.
    over: OnceLock<Box<LoadedSession>>,
}

impl Found {
    pub(crate) fn new(incoming: Option<IncomingSession>) -> Self {
        Self {
            incoming,
            ..Self::default()
        }
    }

    pub(crate) fn status(&self, env: &Env) -> &SessionStatus {
        match self.current() {
            Some(loaded) => &loaded.status,
            None => &self.arrived(env, || env.now()).status,
        }
    }

    fn arrived(&self, env: &Env, now: impl FnOnce() -> UtcDateTime) -> &Arrived {
        self.arrived.get_or_init(|| match &self.incoming {
            Some(incoming) => {
                let now = now();
                env.note_use(now);
                authenticate(incoming, env, now)
            }
            None => Arrived::without_cookie(),
        })
    }

    /// The status as far as it has been established already.
    pub(crate) fn known_status(&self) -> Option<&SessionStatus> {
        match self.current() {
            Some(loaded) => Some(&loaded.status),
            None => self.arrived.get().map(|arrived| &arrived.status),
        }
    }

    fn current(&self) -> Option<&LoadedSession> {
        let over = self.over.get().map(Box::as_ref);
        over.or_else(|| self.loaded.get())
    }

    fn current_mut(&mut self) -> Option<&mut LoadedSession> {
        if let Some(over) = self.over.take() {
            self.loaded = OnceCell::from(*over);
        }
        self.loaded.get_mut()
    }

    /// Returns `true` if the browser has a cookie of the session, or is about to get one.
    pub(crate) fn has_cookie(&self) -> bool {
        let committed = self.known_status().and_then(SessionStatus::cookie);
        self.incoming.is_some() || committed.is_some()
    }

    /// The status once the session of the latest cookie has ended.
    pub(crate) fn without_latest(&self) -> SessionStatus {
        let arrived = self.arrived.get();
        let may_revive = arrived.is_some_and(|it| it.may_revive || !it.others.is_empty());
        SessionStatus::DeadCookie { may_revive }
    }

    /// The cookie with which the request arrived, if it names a record.
    pub(crate) fn arrived_cookie(&self) -> Option<&CookiePayload> {
        match &self.arrived.get()?.status {
            SessionStatus::Unloaded(cookie) => Some(cookie),
            _ => None,
        }
    }

    /// Returns `true` if the request has session cookies that this server has not read, though they
    /// may be authentic.
    pub(crate) fn has_unread_cookies(&self) -> bool {
        self.arrived.get().is_some_and(|it| it.has_unread)
    }

    /// The cookie of that session with which the request arrived.
    pub(crate) fn cookie_of(&self, id: SessionId) -> Option<&CookiePayload> {
        let latest = self.arrived_cookie().into_iter();
        let mut all = latest.chain(self.other_cookies());
        all.find(|cookie| cookie.token.id == id)
    }

    /// The cookie of a session whose record has not been loaded by this request.
    pub(crate) fn unloaded_cookie(&self, env: &Env, now: UtcDateTime) -> Option<&CookiePayload> {
        if self.is_loaded() || self.incoming.is_none() {
            return None;
        }
        self.arrived(env, || now);
        self.arrived_cookie()
    }

    /// The further cookies with which the request arrived: those of other sessions, and those that
    /// have expired.
    pub(crate) fn other_cookies(&self) -> impl Iterator<Item = &CookiePayload> {
        let arrived = self.arrived.get().into_iter();
        arrived.flat_map(|arrived| arrived.others.iter().chain(&arrived.expired))
    }

    /// The server-side state, if it was loaded.
    pub(crate) fn state(&self) -> Option<&ServerState> {
        self.current().map(|loaded| &loaded.state)
    }

    pub(crate) fn is_loaded(&self) -> bool {
        self.current().is_some()
    }

    /// Loads the record, once.
    pub(crate) async fn load(&self, env: &Env) -> Result<&LoadedSession, SessionError> {
        match self.over.get() {
            Some(over) => Ok(over),
            None => self.loaded.get_or_try_init(|| self.load_now(env)).await,
        }
    }

    /// Loads the record, once, and gives access for a change.
    pub(crate) async fn load_mut(&mut self, env: &Env) -> Result<&mut LoadedSession, SessionError> {
        if !self.is_loaded() {
            // As `load` does it, without having to keep anybody out.
            self.loaded = OnceCell::from(self.load_now(env).await?);
        }
        let loaded = self.current_mut();
        Ok(loaded.expect("it was initialised by the lines above"))
    }

    async fn load_now(&self, env: &Env) -> Result<LoadedSession, SessionError> {
        if self.incoming.is_none() {
            return Ok(LoadedSession::without_state(SessionStatus::NoSession));
        }
        let now = env.now();
        let arrived = self.arrived(env, || now);
        let SessionStatus::Unloaded(cookie) = &arrived.status else {
            return Ok(LoadedSession::without_state(arrived.status.clone()));
        };
        let mut loaded = look_up(env, cookie, now).await?;
        let mut revives = arrived.may_revive || loaded.status.may_revive();
        for cookie in &arrived.others {
            if !matches!(loaded.status, SessionStatus::DeadCookie { .. }) {
                break;
            }
            loaded = look_up(env, cookie, now).await?;
            revives |= loaded.status.may_revive();
        }
        if let SessionStatus::DeadCookie { may_revive } = &mut loaded.status {
            *may_revive = revives;
        }
        Ok(loaded)
    }

    /// Goes on without the session, which is over, and without the changes of its state.
    pub(crate) fn replace_with(&self, status: SessionStatus) {
        // A session that is over already stays so.
        _ = self
            .over
            .set(Box::new(LoadedSession::without_state(status)));
    }

    /// Goes on with the session as it was loaded, without the changes of its state.
    pub(crate) fn drop_changes(&self) {
        if let Some(mut unchanged) = self.loaded() {
            unchanged.state.clear_changes();
            _ = self.over.set(Box::new(unchanged));
        }
    }

    /// Goes on with the session as this request has just committed it.
    pub(crate) fn adopt(&mut self, status: SessionStatus) {
        match self.current_mut() {
            Some(loaded) => {
                if let Some(record) = status.record() {
                    loaded.state.adopt(&record.state);
                }
                loaded.status = status;
            }
            None => self.loaded = OnceCell::from(LoadedSession::without_state(status)),
        }
    }

    /// Goes on with the session that another log-in has begun. It has removed what a visitor must
    /// not leave there, and has its own values since.
    ///
    /// # Errors
    ///
    /// As those of [`Self::rebase`].
    pub(crate) fn join(
        &mut self,
        joined: LoadedSession,
        max_size: usize,
    ) -> Result<(), SessionError> {
        let before = self.loaded();
        if let Some(loaded) = self.current_mut() {
            loaded.state.keep_all();
        }
        let outcome = self.rebase(joined, max_size);
        if let (Err(SessionError::StateTooLarge { .. }), Some(before)) = (&outcome, before) {
            self.restore(before);
        }
        outcome
    }

    /// Goes on with the session as another request has left it, and repeats the changes on that.
    ///
    /// # Errors
    ///
    /// Returns [`SessionError::StateTooLarge`] if the changes do not fit. Nothing changes then.
    /// Returns the error of an update that fails. Then the changes of its key are undone.
    pub(crate) fn rebase(
        &mut self,
        reloaded: LoadedSession,
        max_size: usize,
    ) -> Result<(), SessionError> {
        let Some(loaded) = self.current_mut() else {
            self.loaded = OnceCell::from(reloaded);
            return Ok(());
        };
        let outcome = loaded.state.rebase(reloaded.state, max_size);
        if !matches!(outcome, Err(SessionError::StateTooLarge { .. })) {
            loaded.status = reloaded.status;
        }
        outcome
    }

    /// Notes that this request has written the record again, without a change but that of the
    /// revision.
    pub(crate) fn note_revision(&mut self, before: Option<Revision>, after: Revision) {
        if let Some(LoadedSession { status, .. }) = self.current_mut()
            && let SessionStatus::Live(live) = status
            && Some(live.record.revision) == before
        {
            Arc::make_mut(&mut live.record).revision = after;
        }
    }

    /// Notes that the session ended, or got a new secret, while this request was under way.
    pub(crate) fn mark_lost(&mut self) {
        let Some(id) = self.known_status().and_then(SessionStatus::named_id) else {
            return;
        };
        self.adopt(SessionStatus::Lost(id));
    }

    pub(crate) fn undo_take(&mut self, key: &str, stored: String) {
        if let Some(loaded) = self.current_mut() {
            loaded.state.undo_take(key, stored);
        }
    }

    pub(crate) fn clear_changes(&mut self) {
        if let Some(loaded) = self.current_mut() {
            loaded.state.clear_changes();
        }
    }

    /// Drops the server-side state together with its changes.
    pub(crate) fn discard_state(&mut self) {
        if let Some(loaded) = self.current_mut() {
            loaded.state = ServerState::default();
        }
    }

    /// Returns a copy of the session, if it was loaded, with its changes.
    pub(crate) fn loaded(&self) -> Option<LoadedSession> {
        self.current().cloned()
    }

    /// Goes back to an earlier session, with its changes.
    pub(crate) fn restore(&mut self, before: LoadedSession) {
        if let Some(loaded) = self.current_mut() {
            *loaded = before;
        }
    }

    /// Turns the session into a new one, which keeps nothing but the changes of this request.
    pub(crate) fn restart_as_new(&mut self, max_size: usize) -> Result<(), SessionError> {
        if let Some(loaded) = self.current_mut() {
            loaded.state.rebase(ServerState::default(), max_size)?;
        }
        self.adopt(SessionStatus::NoSession);
        Ok(())
    }
}
