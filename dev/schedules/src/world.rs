//! Everything that exists during a run: store, clock, browsers, requests.

use std::sync::Arc;
use std::time::Duration;

use pavex::http::header::{COOKIE, HeaderValue};
use pavex::http::{HeaderMap, Method, Uri, Version};
use pavex::request::RequestHead;
use session::config::DiscardedChanges;
use session::store::{SessionRecord, SessionStorageBackend};
use session::testing::{TestApp, TestBrowser};
use session::{IncomingSession, Principal, Session, SessionConfig, SessionId};
use session_memory::InMemorySessionStore;
use tokio::task::JoinHandle;

use crate::gate::{Gate, Party};
use crate::handler::{Desk, Reply, alice};
use crate::script::{Action, Arrival, Script};

/// Longer than any run takes by the clock of the runtime, which is paused.
const NO_LIMIT: Duration = Duration::from_secs(24 * 60 * 60);

pub(crate) struct World {
    pub(crate) app: TestApp,
    pub(crate) gate: Gate,
    pub(crate) browsers: Vec<Browser>,
    pub(crate) requests: Vec<Request>,
    memory: InMemorySessionStore,
}

pub(crate) struct Browser {
    pub(crate) tab: TestBrowser,
    /// The requests that the browser has yet to send.
    pub(crate) unsent: Vec<Vec<Action>>,
}

pub(crate) struct Request {
    /// The browser that sent it; `None` for the administrator.
    pub(crate) browser: Option<usize>,
    pub(crate) actions: Vec<Action>,
    pub(crate) state: State,
}

pub(crate) enum State {
    UnderWay(JoinHandle<Reply>),
    /// The application has answered.
    Answered(Reply),
    Delivered,
    /// The client hung up, or the answer got lost on the way.
    Dropped,
}

/// The session behind a cookie, as a request would find it.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) id: Option<SessionId>,
    /// True if the session goes on.
    pub(crate) live: bool,
    pub(crate) principal: Option<Principal>,
    pub(crate) keys: Vec<String>,
}

impl World {
    pub(crate) async fn new(script: &Script) -> Self {
        let memory = InMemorySessionStore::new();
        let mut config = SessionConfig::default();
        config.store.timeout = NO_LIMIT;
        config.state.renew_every = script.renew_every;
        config.state.discarded_changes = DiscardedChanges::Conflict;
        let app = TestApp::with_config(memory.clone(), &config);
        let app = app.expect("the configuration is valid");
        let mut world = Self {
            app,
            gate: Gate::default(),
            browsers: Vec::new(),
            requests: Vec::new(),
            memory,
        };
        for browser in &script.browsers {
            let tab = world.arrive(browser.arrival).await;
            world.browsers.push(Browser {
                tab,
                unsent: browser.requests.iter().rev().cloned().collect(),
            });
        }
        world
    }

    async fn arrive(&self, arrival: Arrival) -> TestBrowser {
        let mut tab = self.app.browser();
        if arrival != Arrival::Stranger {
            let mut session = tab.request();
            let inserted = session.insert("arrival", &1).await;
            inserted.expect("the memory does not fail");
            if arrival == Arrival::Member {
                let logged_in = session.log_in(alice()).await;
                logged_in.expect("the memory does not fail");
            }
            let answered = tab.respond(session).await;
            answered.expect("the memory does not fail");
        }
        tab
    }

    /// Sends the next request of a browser.
    pub(crate) fn send(&mut self, browser: usize) {
        let Some(actions) = self.browsers[browser].unsent.pop() else {
            return;
        };
        let cookie = self.browsers[browser].tab.cookie().map(str::to_owned);
        let serve = self.desk().serve(head(cookie.as_deref()), actions.clone());
        self.requests.push(Request {
            browser: Some(browser),
            actions,
            state: State::UnderWay(tokio::spawn(serve)),
        });
    }

    /// Lets the administrator end all sessions of the principal.
    pub(crate) fn revoke_all(&mut self) {
        let revoke = self.desk().revoke_all();
        self.requests.push(Request {
            browser: None,
            actions: Vec::new(),
            state: State::UnderWay(tokio::spawn(revoke)),
        });
    }

    fn desk(&self) -> Desk {
        let party: Party = self.requests.len();
        Desk::new(party, &self.gate, &self.app.policy, &self.memory)
    }

    /// Drops a request together with its answer, as when a client hangs up.
    pub(crate) fn drop_request(&mut self, party: Party) {
        let state = std::mem::replace(&mut self.requests[party].state, State::Dropped);
        if let State::UnderWay(task) = state {
            task.abort();
        }
        self.gate.forget_handler(party);
    }

    /// Runs all requests until each of them waits for the scheduler.
    pub(crate) async fn settle(&self) {
        // The clock of the runtime is paused: it moves on when no task can run. So the pauses
        // between attempts are over, too.
        tokio::time::sleep(Duration::from_secs(1)).await;
    }

    /// Returns the number of sessions of the principal, past the scheduler.
    pub(crate) async fn sessions(&self) -> usize {
        let sessions = self.memory.sessions_of(&alice()).await;
        sessions.expect("the memory does not fail").len()
    }

    /// Returns the record of a session, past the scheduler.
    pub(crate) async fn record(&self, id: SessionId) -> Option<Arc<SessionRecord>> {
        let record = self.memory.load(id).await;
        record.expect("the memory does not fail")
    }

    /// Looks at the session behind a cookie, past the scheduler.
    pub(crate) async fn look(&self, cookie: &str) -> Seen {
        let policy = &self.app.policy;
        let incoming = IncomingSession::extract(&head(Some(cookie)), policy);
        let session = Session::new(&self.app.store, policy, incoming);
        let loaded = session.force_load().await;
        loaded.expect("the memory does not fail");
        let principal = session.principal().await;
        let mut keys: Vec<String> = session.client().entries().map(|(key, _)| key).collect();
        let entries = session.entries().await;
        let entries = entries.expect("the memory does not fail");
        keys.extend(entries.map(|(key, _)| key.to_owned()));
        Seen {
            id: session.id(),
            live: session.expires_at().is_some(),
            principal: principal.expect("the memory does not fail"),
            keys,
        }
    }
}

fn head(cookie: Option<&str>) -> RequestHead {
    let mut headers = HeaderMap::new();
    if let Some(cookie) = cookie {
        let value = HeaderValue::try_from(cookie).expect("a cookie is a valid header value");
        headers.insert(COOKIE, value);
    }
    RequestHead {
        method: Method::GET,
        target: Uri::from_static("/"),
        version: Version::HTTP_11,
        headers,
    }
}
