//! The work done by `session`.

use pavex::Response;
use pavex::request::RequestHead;
use session::config::CRYPTO_RULE;
use session::{
    CheckedSessionStore, IncomingSession, Session, SessionConfig, SessionPolicy, StateKey,
};
use session_memory::InMemorySessionStore;

use crate::{Work, cookies, run};

const VALUE: StateKey<u64> = StateKey::new("value");

/// The state of an application.
#[derive(Debug)]
pub struct App {
    policy: SessionPolicy,
    store: CheckedSessionStore,
}

impl App {
    /// Creates an application with an empty store.
    #[expect(clippy::new_without_default, reason = "only the benchmarks use it")]
    pub fn new() -> Self {
        let policy = SessionPolicy::new(&SessionConfig::default(), &cookies(CRYPTO_RULE))
            .expect("the configuration breaks no rule");
        let store = InMemorySessionStore::new().into();
        let store = run(CheckedSessionStore::new(&store, &policy)).expect("the store works");
        Self { policy, store }
    }

    /// Answers one request.
    pub async fn request(&self, head: &RequestHead, work: Work, value: u64) -> Response {
        let incoming = IncomingSession::extract(head, &self.policy);
        let mut session = Session::new(&self.store, &self.policy, incoming);
        match work {
            Work::Untouched => {}
            Work::Read => _ = session.get(VALUE).await.expect("the store works"),
            Work::ReadRecent => {
                let recent = session.recent().await.expect("the store works");
                _ = recent.get(VALUE).expect("it is a number");
            }
            Work::Write | Work::WriteBoth => session
                .insert(VALUE, &value)
                .await
                .expect("the store works"),
        }
        if let Work::WriteBoth = work {
            let written = session.client_mut().insert(VALUE, &value);
            written.expect("it fits into the cookie");
        }
        let response = session::finalize_session(Response::ok(), session, head).await;
        response.expect("the store works")
    }
}
