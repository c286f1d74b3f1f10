//! Carries out what [`plan`] decides.

use std::sync::OnceLock;
use std::time::Duration;

use pavex::http::{HeaderValue, StatusCode};
use tokio::sync::OnceCell;

use crate::commit::plan::{
    Content, Cookie, Intent, Live, Plan, Situation, StoreStep, Subject, plan,
};
use crate::cookie::payload::CookieContent;
use crate::errors::SessionError;
use crate::session::identity::{Presented, Server, Standing};
use crate::session::{Ending, Outgoing, Reason, Session};
use crate::state::server::Tracked;
use crate::store::SerializedState;
use crate::{random, telemetry};

/// Each attempt fails only because another request succeeded.
const MAX_ATTEMPTS: u32 = 128;
/// So many attempts follow each other at once; later ones wait.
const EAGER_ATTEMPTS: u32 = 2;
const MAX_PAUSE: Duration = Duration::from_millis(64);

/// What the response needs to say about the session.
pub(crate) struct Finalized {
    /// The value of the `Set-Cookie` header.
    pub(crate) cookie: Option<HeaderValue>,
    pub(crate) consulted: bool,
}

/// What became of one attempt.
pub(crate) enum Attempt {
    Done,
    /// More is known now than when it was planned.
    PlanAgain,
    /// Another request committed first.
    Conflict,
}

impl Session {
    /// Writes all changes now, instead of after the handler.
    ///
    /// What it wrote stays, even if the response turns out to be a server error. The cookie is
    /// still sent with the response.
    ///
    /// # Errors
    ///
    /// If the store fails, the state or the cookie is too large, or other requests kept changing
    /// the session first. The changes are not lost: the end of the request tries again.
    ///
    /// # Example
    ///
    /// ```
    /// # use session_kit as session;
    /// # session::testing::run(session_memory::InMemorySessionStore::new(), async |session| {
    /// session.update("attempts", |n: Option<u32>| n.unwrap_or(0) + 1).await?;
    /// session.commit().await?;
    /// # Ok(()) });
    /// ```
    pub async fn commit(&mut self) -> Result<(), SessionError> {
        self.settle(false).await
    }

    /// Does what is left to do at the end of the request.
    pub(crate) async fn finalize(&mut self, status: StatusCode) -> Result<Finalized, SessionError> {
        let consulted = self.was_consulted();
        let outcome = match self.needs_finalizing() {
            // Boxed: its state is not part of the futures of requests that do not come here.
            true => self.finish(status).await,
            false => Ok(()),
        };
        self.forget_changes();
        self.0.ending = None;
        self.0.admission = None;
        outcome?;
        Ok(Finalized {
            cookie: self.outgoing_cookie(),
            consulted,
        })
    }

    async fn finish(&mut self, status: StatusCode) -> Result<(), SessionError> {
        let is_error = status.is_client_error() || status.is_server_error();
        if !is_error && !self.0.flashes_taken.is_empty() {
            Box::pin(self.remove_taken_flashes()).await?;
        }
        self.settle(status.is_server_error()).await
    }

    fn outgoing_cookie(&mut self) -> Option<HeaderValue> {
        self.0.outgoing.take().map(|outgoing| match outgoing {
            Outgoing::Set { value, lifetime } => self.0.policy.set_cookie(value, lifetime),
            Outgoing::Remove => self.0.policy.remove_cookie(),
        })
    }

    async fn settle(&mut self, server_error: bool) -> Result<(), SessionError> {
        self.end().await?;
        let has_changes = self.has_changes();
        match self.settle_current(server_error).await {
            Ok(()) if self.0.admission.is_some() => Box::pin(self.admit()).await,
            // Nothing of the visitor's is lost: the deadline is extended another time.
            Err(error) if !has_changes => {
                telemetry::not_extended(&error);
                Ok(())
            }
            outcome => outcome,
        }
    }

    async fn settle_current(&mut self, server_error: bool) -> Result<(), SessionError> {
        if self.0.unconfirmed.is_some() {
            self.rebase().await?;
        }
        for attempt in 1..=MAX_ATTEMPTS {
            let plan = plan(&self.situation(server_error), &self.0.policy);
            match self.attempt(&plan).await? {
                Attempt::Done => return Ok(()),
                Attempt::PlanAgain => {}
                Attempt::Conflict => {
                    if let Some(content) = self.content() {
                        telemetry::conflict(content.token.id, attempt);
                    }
                    pause(attempt).await;
                    self.rebase().await?;
                }
            }
        }
        Err(SessionError::Contention {
            attempts: MAX_ATTEMPTS,
        })
    }

    fn situation(&self, server_error: bool) -> Situation {
        let server_state = self.0.server.get().map(|server| &server.state);
        Situation {
            now: self.0.policy.now(),
            subject: subject(self.content(), self.0.server.get()),
            intent: self.intent(),
            server_state: Content {
                changed: self.server_changed(),
                empty: server_state.is_none_or(|state| state.view().is_empty()),
            },
            client_state: Content {
                changed: !self.0.client_changes.is_empty(),
                empty: self.client_state_is_empty(),
            },
            cookie_only: self.0.store.is_cookie_only(),
            server_error,
        }
    }

    fn intent(&self) -> Intent {
        match &self.0.log_in {
            Some(log_in) => Intent::LogIn(log_in.authenticated_at),
            None if self.0.renew => Intent::Renew,
            None => Intent::Keep,
        }
    }

    async fn attempt(&mut self, plan: &Plan) -> Result<Attempt, SessionError> {
        match plan.store {
            StoreStep::Load => {
                self.server().await?;
                Ok(Attempt::PlanAgain)
            }
            StoreStep::Reload => {
                self.rebase().await?;
                Ok(Attempt::PlanAgain)
            }
            StoreStep::Discard => {
                self.discard();
                Ok(Attempt::Done)
            }
            StoreStep::StartOver => {
                self.start_over()?;
                Ok(Attempt::PlanAgain)
            }
            StoreStep::Create => self.create(plan).await,
            StoreStep::Replace => self.replace(plan).await,
            StoreStep::Touch => self.touch(plan).await,
            StoreStep::Nothing | StoreStep::Delete | StoreStep::Refuse => {
                self.send_without_writing(plan)?;
                Ok(Attempt::Done)
            }
        }
    }

    /// Deletes the session that the handler ended, if it was this request's to end.
    async fn end(&mut self) -> Result<(), SessionError> {
        if let Some(ending) = &self.0.ending {
            self.end_session(ending).await?;
            // Not before: a handler may drop this future and try again.
            self.0.ending = None;
            self.0.outgoing = Some(Outgoing::Remove);
        }
        Ok(())
    }

    async fn end_session(&self, ending: &Ending) -> Result<(), SessionError> {
        let Some(content) = &ending.content else {
            return Ok(());
        };
        let mut step = self.plan_end(content, ending.server.as_ref());
        if step == StoreStep::Load {
            let server = self.load_record(content, self.0.policy.now()).await?;
            step = self.plan_end(content, Some(&server));
        }
        match step {
            StoreStep::Refuse => return Err(SessionError::NotEnded),
            StoreStep::Delete => {
                self.0.store.delete(content.token.id).await?;
                match ending.reason {
                    Reason::Invalidated => telemetry::invalidated(content.token.id),
                    Reason::LoggedOut => telemetry::logged_out(content.token.id),
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn plan_end(&self, content: &CookieContent, server: Option<&Server>) -> StoreStep {
        let situation = Situation {
            now: self.0.policy.now(),
            subject: subject(Some(content), server),
            intent: Intent::End,
            server_state: Content::NONE,
            client_state: Content::NONE,
            cookie_only: self.0.store.is_cookie_only(),
            server_error: false,
        };
        plan(&situation, &self.0.policy).store
    }

    /// Loads the session again, and repeats the changes on it.
    async fn rebase(&mut self) -> Result<(), SessionError> {
        let Some(content) = self.content() else {
            return Ok(());
        };
        let fresh = self.load_record(content, self.0.policy.now()).await?;
        let Standing::Live(record, presented) = fresh.standing else {
            self.lose();
            return Ok(());
        };
        let Some(server) = self.0.server.get_mut() else {
            let (standing, state) = (Standing::Live(record, presented), fresh.state);
            self.0.server = OnceCell::from(Server { standing, state });
            return Ok(());
        };
        if self.0.unconfirmed.take().is_some_and(|ours| ours == record) {
            // It was this session's own write that came first: repeating it would count it twice.
            server.state.committed();
        }
        server
            .state
            .rebase(&record.state, self.0.policy.state().max_size)?;
        server.standing = Standing::Live(record, presented);
        Ok(())
    }

    /// The session has ended, or got a new secret, while this request was under way.
    pub(crate) fn lose(&mut self) {
        let state = self
            .0
            .server
            .take()
            .map_or_else(Tracked::default, |server| server.state);
        let standing = Standing::Lost;
        self.0.server = OnceCell::from(Server { standing, state });
    }

    /// The end of a session wins: what this request changed is dropped, and no cookie is sent.
    fn discard(&mut self) {
        if let Some(content) = self.content() {
            telemetry::discarded(content.token.id);
        }
        if let Some(server) = self.0.server.get_mut() {
            server.state = Tracked::default();
        }
        self.forget_changes();
    }

    pub(crate) fn forget_changes(&mut self) {
        if let Some(server) = self.0.server.get_mut() {
            server.state.committed();
        }
        self.0.client_changes.forget();
        self.0.renew = false;
        self.0.log_in = None;
    }

    /// The session is over, but somebody logged in: what this request did goes into a new one.
    fn start_over(&mut self) -> Result<(), SessionError> {
        if let Some(content) = self.content() {
            telemetry::discarded(content.token.id);
        }
        self.0.content = OnceLock::from(None);
        self.0.next_token = OnceLock::new();
        if let Some(log_in) = &mut self.0.log_in {
            log_in.adds_session = true;
        }
        if let Some(server) = self.0.server.get_mut() {
            server.standing = Standing::Nobody;
            let nothing = SerializedState::empty();
            server
                .state
                .rebase(&nothing, self.0.policy.state().max_size)?;
        }
        Ok(())
    }
}

fn subject(content: Option<&CookieContent>, server: Option<&Server>) -> Subject {
    let Some(content) = content else {
        return Subject::Nobody;
    };
    let cookie = Cookie {
        created_at: content.token.id.created_at(),
        expires_at: content.expires_at,
        is_final: content.is_final,
    };
    match server.map(|server| &server.standing) {
        None if content.has_record => Subject::Unloaded(cookie),
        None | Some(Standing::Recordless) => Subject::Recordless(cookie),
        Some(Standing::Nobody) => Subject::Nobody,
        Some(Standing::Superseded) => Subject::Superseded,
        Some(Standing::Lost) => Subject::Lost,
        Some(Standing::Live(record, presented)) => Subject::Live(Live {
            cookie,
            begins_at: record.begins_at(),
            expires_at: record.expires_at,
            secret_issued_at: record.secret_issued_at,
            previous_secret: matches!(presented, Presented::Previous { .. }),
        }),
    }
}

/// Waits for a random time, longer from attempt to attempt, so that rivals spread out.
async fn pause(attempt: u32) {
    if attempt > EAGER_ATTEMPTS {
        let longest = Duration::from_millis(1 << (attempt - EAGER_ATTEMPTS).min(16));
        tokio::time::sleep(longest.min(MAX_PAUSE).mul_f64(random::fraction())).await;
    }
}
