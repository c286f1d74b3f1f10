//! The steps of a plan that write a record or send a cookie.

use std::sync::{Arc, OnceLock};

use tokio::sync::OnceCell;

use super::driver::Attempt;
use crate::commit::plan::{CookieStep, Plan, TokenStep};
use crate::cookie::payload::{ClientJson, CookieContent};
use crate::cookie::set_cookie as cookie;
use crate::errors::SessionError;
use crate::session::identity::{Presented, Server, Standing};
use crate::session::{Outgoing, Session};
use crate::state::server::Tracked;
use crate::store::{
    CreateOutcome, Extension, PreviousSecret, ReplaceOutcome, Revision, SerializedState,
    SessionRecord, TouchOutcome,
};
use crate::token::{Secret, SessionToken};
use crate::{clock, telemetry};

impl Session {
    pub(crate) async fn create(&mut self, plan: &Plan) -> Result<Attempt, SessionError> {
        let token = self.next_token(plan.now)?.clone();
        let log_in = self.0.log_in.as_deref();
        let record = Arc::new(SessionRecord {
            id: token.id,
            revision: Revision::FIRST,
            secret: token.secret.hash(),
            secret_issued_at: plan.now,
            previous_secret: None,
            principal: log_in.map(|log_in| log_in.principal.clone()),
            created_at: token.id.created_at(),
            authenticated_at: log_in.map(|log_in| log_in.authenticated_at),
            last_active_at: plan.now,
            expires_at: plan.expires_at,
            label: log_in.and_then(|log_in| log_in.label.clone()),
            state: self.serialized_state()?,
        });
        let (content, cookie) = self.prepare_cookie(token.clone(), plan, Some(&record))?;
        match self.0.store.create(record.clone()).await? {
            CreateOutcome::Created => {
                telemetry::created(token.id);
                self.committed(record);
                self.send(content, cookie);
                Ok(Attempt::Done)
            }
            CreateOutcome::DuplicateId => {
                telemetry::duplicate_id(token.id);
                self.0.next_token = OnceLock::new();
                Ok(Attempt::PlanAgain)
            }
        }
    }

    pub(crate) async fn replace(&mut self, plan: &Plan) -> Result<Attempt, SessionError> {
        let Some((base, secret)) = self.live() else {
            return Ok(Attempt::Done);
        };
        let expected = base.revision;
        let (record, secret) = self.next_record(base, secret, plan)?;
        let token = SessionToken {
            id: record.id,
            secret,
        };
        let prepared = match plan.cookie {
            CookieStep::Set => Some(self.prepare_cookie(token, plan, Some(&record))?),
            _ => None,
        };
        let sent = self.0.unconfirmed.insert(Arc::new(record)).clone();
        let outcome = self.0.store.replace(sent, expected).await?;
        let record = self.0.unconfirmed.take();
        let record = record.expect("it was set by the lines above");
        match outcome {
            ReplaceOutcome::Replaced => {
                match plan.token {
                    _ if self.0.log_in.is_some() => {}
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
        let log_in = self.0.log_in.as_deref();
        let mut record = SessionRecord {
            id: base.id,
            revision: base.revision.next(),
            secret: base.secret,
            secret_issued_at: base.secret_issued_at,
            previous_secret: base.previous_secret,
            principal: log_in
                .map(|log_in| &log_in.principal)
                .or(base.principal.as_ref())
                .cloned(),
            created_at: base.created_at,
            authenticated_at: log_in
                .map(|log_in| log_in.authenticated_at)
                .or(base.authenticated_at),
            last_active_at: plan.now,
            expires_at: plan.expires_at,
            label: log_in
                .and_then(|log_in| log_in.label.as_ref())
                .or(base.label.as_ref())
                .cloned(),
            state: self.serialized_state()?,
        };
        if plan.token == TokenStep::Keep {
            return Ok((record, secret));
        }
        let new = Secret::generate()?;
        record.previous_secret =
            (plan.token == TokenStep::RenewWithGrace).then(|| PreviousSecret {
                hash: base.secret,
                valid_until: clock::after(plan.now, self.0.policy.state().renewal_grace),
                successor: secret.seal(&new),
            });
        record.secret = new.hash();
        record.secret_issued_at = plan.now;
        Ok((record, new))
    }

    pub(crate) async fn touch(&mut self, plan: &Plan) -> Result<Attempt, SessionError> {
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
        let (content, cookie) = self.prepare_cookie(token, plan, Some(&record))?;
        match self.0.store.touch(record.id, extension).await? {
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
    pub(crate) fn send_without_writing(&mut self, plan: &Plan) -> Result<(), SessionError> {
        if plan.cookie != CookieStep::Set {
            return Ok(());
        }
        let (token, record) = match (self.live(), self.content()) {
            (Some((record, secret)), _) => {
                let id = record.id;
                (SessionToken { id, secret }, Some(record))
            }
            (None, Some(content)) if plan.token != TokenStep::Fresh => {
                let secret = match plan.token {
                    TokenStep::Keep => content.token.secret.clone(),
                    _ => Secret::generate()?,
                };
                let id = content.token.id;
                (SessionToken { id, secret }, None)
            }
            _ => (self.next_token(plan.now)?.clone(), None),
        };
        let (content, cookie) = self.prepare_cookie(token, plan, record)?;
        self.forget_changes();
        self.send(content, cookie);
        Ok(())
    }

    /// The record, and the secret that its cookie must carry.
    fn live(&self) -> Option<(&SessionRecord, Secret)> {
        match &self.0.server.get()?.standing {
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
        let Some(server) = self.0.server.get() else {
            return Ok(SerializedState::empty());
        };
        match &server.standing {
            Standing::Live(record, _) if !server.state.is_changed() => Ok(record.state.clone()),
            _ => {
                let state = server.state.view();
                state.check(self.0.policy.state().max_size)?;
                Ok(SerializedState::from_json(state.to_json()))
            }
        }
    }

    /// The cookie with that token, checked before anything is written.
    fn prepare_cookie(
        &self,
        token: SessionToken,
        plan: &Plan,
        record: Option<&SessionRecord>,
    ) -> Result<(CookieContent, Outgoing), SessionError> {
        let begins_at = record.map_or_else(|| token.id.created_at(), SessionRecord::begins_at);
        let client_state = self.client_json();
        self.check_cookie_size(&client_state)?;
        let content = CookieContent {
            token,
            issued_at: clock::to_micros(plan.now),
            expires_at: plan.expires_at,
            is_final: self.0.policy.absolute_deadline(begins_at) <= plan.expires_at,
            has_record: record.is_some(),
            client_state,
        };
        let outgoing = Outgoing::Set {
            value: content.encode(),
            lifetime: clock::remaining(plan.expires_at, plan.now),
        };
        Ok((content, outgoing))
    }

    /// Refuses a client-side state that browsers would drop together with the cookie.
    pub(crate) fn check_cookie_size(&self, client_state: &ClientJson) -> Result<(), SessionError> {
        let len = CookieContent::encoded_len(client_state.len());
        let size = self.0.policy.cookie_size(len);
        match size <= cookie::MAX_LEN {
            true => Ok(()),
            false => Err(SessionError::CookieTooLarge {
                size,
                limit: cookie::MAX_LEN,
            }),
        }
    }

    fn committed(&mut self, record: Arc<SessionRecord>) {
        if let Some(log_in) = self.0.log_in.take() {
            telemetry::logged_in(record.id);
            let limited = self.0.policy.config().log_in.max_sessions_per_principal;
            self.0.admission = limited
                .filter(|_| log_in.adds_session)
                .map(|_| log_in.principal);
        }
        let standing = Standing::Live(record, Presented::Current);
        match self.0.server.get_mut() {
            Some(server) => server.standing = standing,
            None => {
                let state = Tracked::default();
                self.0.server = OnceCell::from(Server { standing, state });
            }
        }
        self.forget_changes();
    }

    fn send(&mut self, content: CookieContent, cookie: Outgoing) {
        match self.0.content.get_mut() {
            Some(known) => *known = Some(content),
            None => self.0.content = OnceLock::from(Some(content)),
        }
        self.0.outgoing = Some(cookie);
    }
}
