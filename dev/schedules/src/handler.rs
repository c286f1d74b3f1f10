//! One request: from the head to the answer.

use std::sync::Arc;

use pavex::Response;
use pavex::http::StatusCode;
use pavex::request::RequestHead;
use session::store::SessionStorageBackend;
use session::testing::Intercepted;
use session::{
    IncomingSession, Principal, Session, SessionError, SessionId, SessionPolicy, SessionRegistry,
    SessionStore, finalize_session,
};
use session_memory::InMemorySessionStore;

use crate::gate::{Gate, Party, Point, Turnstile};
use crate::script::Action;

/// The principal of all browsers.
pub(crate) fn alice() -> Principal {
    Principal::from(1_i64)
}

/// The part of the application that serves one request.
#[derive(Clone)]
pub(crate) struct Desk {
    party: Party,
    gate: Gate,
    store: SessionStore,
    policy: SessionPolicy,
    memory: InMemorySessionStore,
}

/// The end of a request, as the application sees it.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) response: Response,
    /// The sessions that are over, if the request succeeded.
    pub(crate) ended: Vec<SessionId>,
    /// The session of the request before its end.
    pub(crate) session: Option<SessionId>,
}

impl Reply {
    pub(crate) fn is_success(&self) -> bool {
        self.response.status() == StatusCode::OK
    }
}

impl Desk {
    pub(crate) fn new(
        party: Party,
        gate: &Gate,
        policy: &SessionPolicy,
        memory: &InMemorySessionStore,
    ) -> Self {
        let turnstile = Turnstile {
            party,
            gate: gate.clone(),
        };
        let store = SessionStore::new(Intercepted::new(Arc::new(memory.clone()), turnstile));
        Self {
            party,
            gate: gate.clone(),
            store,
            policy: policy.clone(),
            memory: memory.clone(),
        }
    }

    /// Serves a request of a browser.
    pub(crate) async fn serve(self, head: RequestHead, actions: Vec<Action>) -> Reply {
        let incoming = IncomingSession::extract(&head, &self.policy);
        let mut session = Session::new(&self.store, &self.policy, incoming);
        let mut ended = Vec::new();
        let mut response = Response::ok();
        for action in actions {
            self.pause(action.name()).await;
            if let Err(error) = self.perform(action, &mut session, &mut ended).await {
                response = error.into_response();
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
            ended,
            session: id,
        }
    }

    async fn perform(
        &self,
        action: Action,
        session: &mut Session,
        ended: &mut Vec<SessionId>,
    ) -> Result<(), SessionError> {
        match action {
            Action::Read => _ = session.principal().await?,
            Action::Write => session.insert(key(self.party), &1).await?,
            Action::WriteClient => session.client_mut().insert(key(self.party), &1)?,
            Action::LogIn => {
                self.pause("the password is right").await;
                session.log_in(alice()).await?;
            }
            Action::LogOut => {
                ended.extend(session.id());
                session.log_out();
            }
            Action::Renew => session.renew(),
            Action::Commit => session.commit().await?,
            Action::ChangePassword => self.change_password(session, ended).await?,
        }
        Ok(())
    }

    async fn change_password(
        &self,
        session: &mut Session,
        ended: &mut Vec<SessionId>,
    ) -> Result<(), SessionError> {
        if session.principal().await?.is_none() {
            return Ok(());
        }
        let mine = session.id();
        let all = self.sessions().await;
        self.registry().revoke_others(session).await?;
        ended.extend(all.into_iter().filter(|id| Some(*id) != mine));
        session.log_in(alice()).await
    }

    /// Ends all sessions of the principal, as an administrator.
    pub(crate) async fn revoke_all(self) -> Reply {
        let ended = self.sessions().await;
        match self.registry().revoke_all(&alice()).await {
            Ok(_) => Reply {
                response: Response::ok(),
                ended,
                session: None,
            },
            Err(error) => Reply {
                response: error.into_response(),
                ended,
                session: None,
            },
        }
    }

    fn registry(&self) -> SessionRegistry {
        SessionRegistry::new(&self.store, &self.policy)
    }

    /// Returns the sessions of the principal at this moment, without waiting for the scheduler.
    async fn sessions(&self) -> Vec<SessionId> {
        let summaries = self.memory.sessions_of(&alice()).await;
        let summaries = summaries.expect("the memory does not fail");
        summaries.into_iter().map(|summary| summary.id).collect()
    }

    async fn pause(&self, name: &'static str) {
        self.gate.pass(self.party, Point::Handler(name)).await;
    }
}

/// The key under which a request writes.
pub(crate) fn key(party: Party) -> String {
    format!("request {party}")
}
