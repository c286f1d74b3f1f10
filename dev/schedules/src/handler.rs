//! One request: from the head to the answer.

use std::sync::Arc;

use pavex::Response;
use pavex::http::StatusCode;
use pavex::request::RequestHead;
use session::testing::{Intercepted, TestApp};
use session::{Session, SessionError, SessionId, SessionRegistry, SessionStore, finalize_session};

use crate::alice::{Password, alice, log_in_with};
use crate::gate::{Gate, Party, Point, Turnstile};
use crate::ledger::Records;
use crate::script::Action;

/// The part of the application that serves one request.
pub(crate) struct Desk {
    pub(crate) party: Party,
    pub(crate) gate: Gate,
    pub(crate) app: TestApp,
    pub(crate) password: Password,
    pub(crate) records: Records,
}

/// The end of a request, as the application sees it.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) response: Response,
    /// The sessions that are over, if the request succeeded.
    pub(crate) ended: Vec<SessionId>,
    /// The session of the request before its end.
    pub(crate) session: Option<SessionId>,
    /// The password of the last log-in.
    pub(crate) proof: Option<u32>,
}

impl Reply {
    pub(crate) fn is_success(&self) -> bool {
        self.response.status() == StatusCode::OK
    }

    fn of_administrator(ended: Vec<SessionId>, outcome: Result<u64, SessionError>) -> Self {
        Self {
            response: match outcome {
                Ok(_) => Response::ok(),
                Err(error) => error.into_response(),
            },
            ended,
            session: None,
            proof: None,
        }
    }
}

/// The effects of a handler so far.
#[derive(Default)]
struct Effects {
    ended: Vec<SessionId>,
    proof: Option<u32>,
}

impl Desk {
    /// Serves a request of a browser.
    pub(crate) async fn serve(self, head: RequestHead, actions: Vec<Action>) -> Reply {
        let mut session = self.app().session(&head);
        let mut effects = Effects::default();
        let mut response = Response::ok();
        for action in actions {
            self.pause(action.name()).await;
            if let Err(answer) = self.perform(action, &mut session, &mut effects).await {
                response = answer;
                break;
            }
        }
        self.pause("answer").await;
        let id = session.id();
        let response = match finalize_session(response, session, &head).await {
            Ok(response) => response,
            Err(error) => error.into_response(),
        };
        Reply {
            response,
            ended: effects.ended,
            session: id,
            proof: effects.proof,
        }
    }

    async fn perform(
        &self,
        action: Action,
        session: &mut Session,
        effects: &mut Effects,
    ) -> Result<(), Response> {
        if action == Action::ChangePassword {
            return self.change_password(session, effects).await;
        }
        let done = self.use_session(action, session, effects).await;
        done.map_err(|error| error.into_response())
    }

    async fn use_session(
        &self,
        action: Action,
        session: &mut Session,
        effects: &mut Effects,
    ) -> Result<(), SessionError> {
        match action {
            Action::Read => _ = self.is_member(session).await?,
            Action::Write => session.insert(key(self.party), &1).await?,
            Action::WriteClient => session.client_mut().insert(key(self.party), &1)?,
            Action::LogIn => {
                let verified = self.password.current();
                self.pause("the password is right").await;
                let log_in = log_in_with(verified);
                session
                    .log_in_keeping(log_in, (0..PARTIES).map(key))
                    .await?;
                effects.proof = Some(verified);
            }
            Action::LogOut => {
                effects.ended.extend(session.id());
                session.log_out();
            }
            Action::Renew => session.renew(),
            Action::Commit => session.commit().await?,
            Action::ChangePassword => {}
        }
        Ok(())
    }

    /// Returns `true` if the principal is logged in, with the present password.
    async fn is_member(&self, session: &Session) -> Result<bool, SessionError> {
        if session.principal().await?.is_none() {
            return Ok(false);
        }
        let stamp = self.password.current().to_le_bytes();
        session.verify_stamp(&stamp).await?;
        Ok(true)
    }

    /// Changes the password as an application does: if it is the one that was verified.
    async fn change_password(
        &self,
        session: &mut Session,
        effects: &mut Effects,
    ) -> Result<(), Response> {
        let failed = |error: SessionError| error.into_response();
        let verified = self.password.current();
        if !self.is_member(session).await.map_err(failed)? {
            return Err(Response::unauthorized());
        }
        self.pause("the new password is hashed").await;
        if !self.password.change_from(verified) {
            return Err(Response::conflict());
        }
        let mine = session.id();
        let all = self.records.of_alice().await;
        self.registry()
            .revoke_others(session)
            .await
            .map_err(failed)?;
        let others = all.into_iter().filter(|id| Some(*id) != mine);
        effects.ended.extend(others);
        let log_in = log_in_with(verified + 1);
        session.log_in(log_in).await.map_err(failed)?;
        effects.proof = Some(verified + 1);
        Ok(())
    }

    /// Ends all sessions of the principal, as an administrator.
    pub(crate) async fn revoke_all(self) -> Reply {
        let ended = self.records.of_alice().await;
        let outcome = self.registry().revoke_all(&alice()).await;
        Reply::of_administrator(ended, outcome)
    }

    /// Ends all sessions of the application, as an administrator.
    pub(crate) async fn purge(self) -> Reply {
        let ended = self.records.all().await;
        let outcome = self.registry().revoke_all_sessions().await;
        Reply::of_administrator(ended, outcome)
    }

    fn registry(&self) -> SessionRegistry {
        let app = self.app();
        SessionRegistry::new(&app.store, &app.policy)
    }

    /// Returns the application with a store, each of whose operations waits for the scheduler.
    fn app(&self) -> TestApp {
        let turnstile = Turnstile {
            party: self.party,
            gate: self.gate.clone(),
        };
        let noted = Intercepted::new(self.records.backend.clone(), self.records.ledger.clone());
        let mut app = self.app.clone();
        app.store = SessionStore::new(Intercepted::new(Arc::new(noted), turnstile));
        app
    }

    async fn pause(&self, name: &'static str) {
        self.gate.pass(self.party, Point::Handler(name)).await;
    }
}

/// More than the requests of a script.
const PARTIES: Party = 8;

/// The key under which a request writes. A log-in keeps all of them.
pub(crate) fn key(party: Party) -> String {
    format!("request {party}")
}
