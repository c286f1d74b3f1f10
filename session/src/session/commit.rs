//! Carries out what [`plan`] decides.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use pavex::http::HeaderValue;
use tokio::sync::OnceCell;

use super::identity::{Presented, Server, Standing};
use super::tracked::Tracked;
use super::{Ending, Outgoing, Session};
use crate::clock;
use crate::cookie;
use crate::errors::SessionError;
use crate::plan::{
    Content, Cookie, CookieStep, Intent, Live, Plan, Situation, StoreStep, Subject, TokenStep, plan,
};
use crate::store::{
    CreateOutcome, Extension, PreviousSecret, ReplaceOutcome, Revision, SerializedState,
    SessionRecord, TouchOutcome,
};
use crate::token::{Secret, SessionToken};
use crate::wire::{ClientJson, CookieContent};
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
enum Attempt {
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
    /// # session::testing::run(session_memory::InMemorySessionStore::new(), async |session| {
    /// session.update("attempts", |n: Option<u32>| n.unwrap_or(0) + 1).await?;
    /// session.commit().await?;
    /// # Ok(()) });
    /// ```
    pub async fn commit(&mut self) -> Result<(), SessionError> {
        self.settle(false).await
    }

    /// Does what is left to do at the end of the request.
    pub(crate) async fn finalize(&mut self, server_error: bool) -> Result<Finalized, SessionError> {
        let consulted = self.was_consulted();
        let outcome = match self.needs_finalizing() {
            true => self.settle(server_error).await,
            false => Ok(()),
        };
        self.forget_changes();
        self.ending = None;
        outcome?;
        Ok(Finalized {
            cookie: self.outgoing_cookie(),
            consulted,
        })
    }

    fn outgoing_cookie(&mut self) -> Option<HeaderValue> {
        self.outgoing.take().map(|outgoing| match outgoing {
            Outgoing::Set { value, lifetime } => self.policy.set_cookie(value, lifetime),
            Outgoing::Remove => self.policy.remove_cookie(),
        })
    }

    async fn settle(&mut self, server_error: bool) -> Result<(), SessionError> {
        self.end().await?;
        let has_changes = self.has_changes();
        match self.settle_current(server_error).await {
            // Nothing of the visitor's is lost: the deadline is extended another time.
            Err(error) if !has_changes => {
                telemetry::not_extended(&error);
                Ok(())
            }
            outcome => outcome,
        }
    }

    async fn settle_current(&mut self, server_error: bool) -> Result<(), SessionError> {
        for attempt in 1..=MAX_ATTEMPTS {
            let plan = plan(&self.situation(server_error), &self.policy);
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
        let server_state = self.server.get().map(|server| &server.state);
        Situation {
            now: self.policy.now(),
            subject: subject(self.content(), self.server.get()),
            intent: if self.renew {
                Intent::Renew
            } else {
                Intent::Keep
            },
            server_state: Content {
                changed: self.server_changed(),
                empty: server_state.is_none_or(|state| state.view().is_empty()),
            },
            client_state: Content {
                changed: !self.client_changes.is_empty(),
                empty: self.client_state_is_empty(),
            },
            cookie_only: self.store.is_cookie_only(),
            server_error,
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
        let Some(mut ending) = self.ending.take() else {
            return Ok(());
        };
        if let Err(error) = self.end_session(&mut ending).await {
            self.ending = Some(ending);
            return Err(error);
        }
        self.outgoing = Some(Outgoing::Remove);
        Ok(())
    }

    async fn end_session(&self, ending: &mut Ending) -> Result<(), SessionError> {
        let Some(content) = &ending.content else {
            return Ok(());
        };
        let end = |server: Option<&Server>| {
            let situation = Situation {
                now: self.policy.now(),
                subject: subject(Some(content), server),
                intent: Intent::End,
                server_state: Content::NONE,
                client_state: Content::NONE,
                cookie_only: self.store.is_cookie_only(),
                server_error: false,
            };
            plan(&situation, &self.policy).store
        };
        let mut step = end(ending.server.as_ref());
        if step == StoreStep::Load {
            let server = self.load_record(content).await?;
            step = end(Some(ending.server.insert(server)));
        }
        match step {
            StoreStep::Refuse => return Err(SessionError::NotEnded),
            StoreStep::Delete => {
                self.store.delete(content.token.id).await?;
                telemetry::invalidated(content.token.id);
            }
            _ => {}
        }
        Ok(())
    }

    async fn create(&mut self, plan: &Plan) -> Result<Attempt, SessionError> {
        let token = self.next_token()?.clone();
        let record = Arc::new(SessionRecord {
            id: token.id,
            revision: Revision::FIRST,
            secret: token.secret.hash(),
            secret_issued_at: plan.now,
            previous_secret: None,
            principal: None,
            created_at: token.id.created_at(),
            authenticated_at: None,
            last_active_at: plan.now,
            expires_at: plan.expires_at,
            label: None,
            state: self.serialized_state()?,
        });
        let (content, cookie) = self.prepare_cookie(token.clone(), plan, true)?;
        match self.store.create(record.clone()).await? {
            CreateOutcome::Created => {
                telemetry::created(token.id);
                self.committed(record);
                self.send(content, cookie);
                Ok(Attempt::Done)
            }
            CreateOutcome::DuplicateId => {
                telemetry::duplicate_id(token.id);
                self.next_token = OnceLock::new();
                Ok(Attempt::PlanAgain)
            }
        }
    }

    async fn replace(&mut self, plan: &Plan) -> Result<Attempt, SessionError> {
        let Some((base, secret)) = self.live() else {
            return Ok(Attempt::Done);
        };
        let expected = base.revision;
        let (record, secret) = self.next_record(base, secret, plan)?;
        let record = Arc::new(record);
        let token = SessionToken {
            id: record.id,
            secret,
        };
        let prepared = match plan.cookie {
            CookieStep::Set => Some(self.prepare_cookie(token, plan, true)?),
            _ => None,
        };
        match self.store.replace(record.clone(), expected).await? {
            ReplaceOutcome::Replaced => {
                match plan.token {
                    TokenStep::Keep => telemetry::committed(record.id, record.revision.as_i64()),
                    _ => telemetry::renewed(record.id),
                }
                self.committed(record);
                if let Some((content, cookie)) = prepared {
                    self.send(content, cookie);
                }
                Ok(Attempt::Done)
            }
            ReplaceOutcome::Conflict => Ok(Attempt::Conflict),
            ReplaceOutcome::Gone => {
                self.lose();
                Ok(Attempt::PlanAgain)
            }
        }
    }

    /// The record after the planned change, and the secret that its cookie carries.
    fn next_record(
        &self,
        base: &SessionRecord,
        secret: Secret,
        plan: &Plan,
    ) -> Result<(SessionRecord, Secret), SessionError> {
        let mut record = SessionRecord {
            revision: base.revision.next(),
            last_active_at: plan.now,
            expires_at: plan.expires_at,
            state: self.serialized_state()?,
            ..base.clone()
        };
        if plan.token == TokenStep::Keep {
            return Ok((record, secret));
        }
        let new = Secret::generate()?;
        record.previous_secret =
            (plan.token == TokenStep::RenewWithGrace).then(|| PreviousSecret {
                hash: base.secret,
                valid_until: clock::after(plan.now, self.policy.state().renewal_grace),
                successor: secret.seal(&new),
            });
        record.secret = new.hash();
        record.secret_issued_at = plan.now;
        Ok((record, new))
    }

    async fn touch(&mut self, plan: &Plan) -> Result<Attempt, SessionError> {
        let Some((base, secret)) = self.live() else {
            return Ok(Attempt::Done);
        };
        let token = SessionToken {
            id: base.id,
            secret,
        };
        let extension = Extension {
            last_active_at: plan.now,
            expires_at: plan.expires_at,
        };
        let record = SessionRecord {
            last_active_at: extension.last_active_at,
            expires_at: extension.expires_at,
            ..base.clone()
        };
        let (content, cookie) = self.prepare_cookie(token, plan, true)?;
        match self.store.touch(record.id, extension).await? {
            TouchOutcome::Touched => {
                telemetry::extended(record.id);
                self.committed(Arc::new(record));
                self.send(content, cookie);
                Ok(Attempt::Done)
            }
            TouchOutcome::Gone => {
                self.lose();
                Ok(Attempt::PlanAgain)
            }
        }
    }

    /// Sends the cookie alone: the record is right as it is, or there is none.
    fn send_without_writing(&mut self, plan: &Plan) -> Result<(), SessionError> {
        if plan.cookie != CookieStep::Set {
            return Ok(());
        }
        let (token, has_record) = match (self.live(), self.content()) {
            (Some((record, secret)), _) => (
                SessionToken {
                    id: record.id,
                    secret,
                },
                true,
            ),
            (None, Some(content)) if plan.token != TokenStep::Fresh => {
                let secret = match plan.token {
                    TokenStep::Keep => content.token.secret.clone(),
                    _ => Secret::generate()?,
                };
                let id = content.token.id;
                (SessionToken { id, secret }, false)
            }
            _ => (self.next_token()?.clone(), false),
        };
        let (content, cookie) = self.prepare_cookie(token, plan, has_record)?;
        self.forget_changes();
        self.send(content, cookie);
        Ok(())
    }

    /// Loads the session again, and repeats the changes on it.
    async fn rebase(&mut self) -> Result<(), SessionError> {
        let Some(content) = self.content() else {
            return Ok(());
        };
        let fresh = self.load_record(content).await?;
        let Standing::Live(record, presented) = fresh.standing else {
            self.lose();
            return Ok(());
        };
        let limit = self.policy.state().max_size;
        let mut state = self
            .server
            .take()
            .map_or(fresh.state, |server| server.state);
        state.rebase(&record.state, limit)?;
        let standing = Standing::Live(record, presented);
        self.server = OnceCell::from(Server { standing, state });
        Ok(())
    }

    /// The session has ended, or got a new secret, while this request was under way.
    fn lose(&mut self) {
        let state = self
            .server
            .take()
            .map_or_else(Tracked::default, |server| server.state);
        let standing = Standing::Lost;
        self.server = OnceCell::from(Server { standing, state });
    }

    /// The end of a session wins: what this request changed is dropped, and no cookie is sent.
    fn discard(&mut self) {
        if let Some(content) = self.content() {
            telemetry::discarded(content.token.id);
        }
        if let Some(server) = self.server.get_mut() {
            server.state = Tracked::default();
        }
        self.forget_changes();
    }

    /// The record, and the secret that its cookie must carry.
    fn live(&self) -> Option<(&SessionRecord, Secret)> {
        match &self.server.get()?.standing {
            Standing::Live(record, Presented::Previous { current }) => {
                Some((record, current.clone()))
            }
            Standing::Live(record, Presented::Current) => {
                Some((record, self.content()?.token.secret.clone()))
            }
            _ => None,
        }
    }

    fn serialized_state(&self) -> Result<SerializedState, SessionError> {
        let Some(server) = self.server.get() else {
            return Ok(SerializedState::from_json("{}"));
        };
        match &server.standing {
            Standing::Live(record, _) if !server.state.is_changed() => Ok(record.state.clone()),
            _ => {
                let state = server.state.view();
                state.check(self.policy.state().max_size)?;
                Ok(SerializedState::from_json(state.to_json()))
            }
        }
    }

    /// The cookie with that token, checked before anything is written.
    fn prepare_cookie(
        &self,
        token: SessionToken,
        plan: &Plan,
        has_record: bool,
    ) -> Result<(CookieContent, Outgoing), SessionError> {
        let client_state = self.client_json();
        self.check_cookie_size(&client_state)?;
        let content = CookieContent {
            token,
            issued_at: plan.now,
            expires_at: plan.expires_at,
            has_record,
            client_state,
        };
        let outgoing = Outgoing::Set {
            value: content.encode(),
            lifetime: clock::remaining(plan.expires_at, plan.now),
        };
        Ok((content, outgoing))
    }

    /// Refuses a client-side state that browsers would drop together with the cookie.
    pub(super) fn check_cookie_size(&self, client_state: &ClientJson) -> Result<(), SessionError> {
        let len = CookieContent::encoded_len(client_state.len());
        let size = self.policy.cookie_size(len);
        match size <= cookie::MAX_LEN {
            true => Ok(()),
            false => Err(SessionError::CookieTooLarge {
                size,
                limit: cookie::MAX_LEN,
            }),
        }
    }

    fn committed(&mut self, record: Arc<SessionRecord>) {
        let standing = Standing::Live(record, Presented::Current);
        match self.server.get_mut() {
            Some(server) => server.standing = standing,
            None => {
                let state = Tracked::default();
                self.server = OnceCell::from(Server { standing, state });
            }
        }
        self.forget_changes();
    }

    fn send(&mut self, content: CookieContent, cookie: Outgoing) {
        self.content = OnceLock::from(Some(content));
        self.outgoing = Some(cookie);
    }

    fn forget_changes(&mut self) {
        if let Some(server) = self.server.get_mut() {
            server.state.committed();
        }
        self.client_changes.forget();
        self.renew = false;
    }
}

fn subject(content: Option<&CookieContent>, server: Option<&Server>) -> Subject {
    let Some(content) = content else {
        return Subject::Nobody;
    };
    let cookie = Cookie {
        created_at: content.token.id.created_at(),
        expires_at: content.expires_at,
    };
    match server.map(|server| &server.standing) {
        None if content.has_record => Subject::Unloaded(cookie),
        None | Some(Standing::Recordless) => Subject::Recordless(cookie),
        Some(Standing::Nobody) => Subject::Nobody,
        Some(Standing::Superseded) => Subject::Superseded,
        Some(Standing::Lost) => Subject::Lost,
        Some(Standing::Live(record, presented)) => Subject::Live(Live {
            cookie,
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
