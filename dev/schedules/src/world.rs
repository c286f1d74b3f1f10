//! Everything that exists during a run: store, clock, browsers, requests.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use pavex::http::header::{COOKIE, HeaderValue};
use pavex::http::{HeaderMap, Method, Uri, Version};
use pavex::request::RequestHead;
use session::config::{AtLimit, DiscardedChanges, TokenReuse};
use session::store::{SerializedState, SessionRecord, SessionStorageBackend, StoreError};
use session::testing::{
    Answer, Intercepted, Interceptor, ManualClock, Operation, TestApp, TestBrowser,
};
use session::time::UtcDateTime;
use session::{SessionConfig, SessionId, SessionPolicy, SessionRegistry, SessionStore};
use tokio::task::JoinHandle;

use crate::alice::{Password, alice, log_in_with};
use crate::gate::{Gate, Party};
use crate::handler::{Desk, Reply};
use crate::ledger::{Ledger, Records};
use crate::script::{Action, Arrival, Script, Settings};
use crate::steps::SmallSteps;

/// Longer than any run takes by the clock of the runtime.
const NO_LIMIT: Duration = Duration::from_secs(24 * 60 * 60);

/// The time by which the clock is behind that of the system at the beginning. The steps of the
/// clock take less, so that `valid_from` is never in the future.
const START: Duration = Duration::from_secs(20 * 60 * 60);

pub(crate) struct World {
    pub(crate) app: TestApp,
    pub(crate) gate: Gate,
    pub(crate) browsers: Vec<Browser>,
    pub(crate) requests: Vec<Request>,
    pub(crate) password: Password,
    pub(crate) records: Records,
    /// Shows the sessions to the oracle, and changes nothing.
    glass: SessionStore,
}

pub(crate) struct Browser {
    pub(crate) tab: TestBrowser,
    /// A cookie for another path, which the browser sends along.
    pub(crate) second: Option<String>,
    /// The requests that the browser has yet to send.
    pub(crate) unsent: Vec<Vec<Action>>,
}

impl Browser {
    /// Returns the session cookies that the browser sends.
    pub(crate) fn cookies(&self) -> Vec<&str> {
        let second = self.second.as_deref();
        second.into_iter().chain(self.tab.cookie()).collect()
    }
}

pub(crate) struct Request {
    /// The browser that sent it; `None` for the administrator.
    pub(crate) browser: Option<usize>,
    /// The cookies that came with it.
    pub(crate) cookies: Vec<String>,
    pub(crate) actions: Vec<Action>,
    pub(crate) state: State,
}

impl Request {
    pub(crate) fn is_under_way(&self) -> bool {
        matches!(self.state, State::UnderWay(_))
    }

    pub(crate) fn logs_in(&self) -> bool {
        let log_ins = [Action::LogIn, Action::ChangePassword];
        self.actions.iter().any(|it| log_ins.contains(it))
    }

    /// Returns `true` if the request may replace the secret of a session, or end one.
    pub(crate) fn changes_identity(&self) -> bool {
        let is_administrator = self.browser.is_none();
        is_administrator || self.actions.iter().any(|it| it.changes_identity())
    }
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
    /// True if the principal is logged in, with the present password.
    pub(crate) member: bool,
    pub(crate) keys: Vec<String>,
}

impl Seen {
    /// Returns `true` if the cookie gives access to nothing.
    pub(crate) fn is_of_no_use(&self) -> bool {
        !self.live && !self.member && self.keys.is_empty()
    }
}

impl World {
    pub(crate) async fn new(script: &Script, backend: Arc<dyn SessionStorageBackend>) -> Self {
        let ledger = Ledger::default();
        let backend = Arc::new(Intercepted::new(backend, SmallSteps(ledger.clone())));
        let store = SessionStore::new(Intercepted::new(backend.clone(), ledger.clone()));
        let app = TestApp::with_config(store, &config(&script.settings));
        let mut app = app.expect("the configuration is valid");
        app.clock = ManualClock::at(UtcDateTime::now() - START);
        app.policy = app.policy.with_clock(app.clock.clone());
        let mut world = Self {
            gate: Gate::default(),
            browsers: Vec::new(),
            requests: Vec::new(),
            password: Password::default(),
            glass: SessionStore::new(Intercepted::new(backend.clone(), Glass)),
            records: Records {
                ledger,
                backend,
                clock: app.clock.clone(),
                valid_from: None,
            },
            app,
        };
        for browser in &script.browsers {
            let (tab, second) = world.arrive(browser.arrival).await;
            world.browsers.push(Browser {
                tab,
                second,
                unsent: browser.requests.iter().rev().cloned().collect(),
            });
        }
        world
    }

    /// Returns a browser, and its cookie for another path.
    async fn arrive(&self, arrival: Arrival) -> (TestBrowser, Option<String>) {
        match arrival {
            Arrival::Stranger => (self.app.browser(), None),
            Arrival::Visitor => (self.begin(false).await, None),
            Arrival::Member => (self.begin(true).await, None),
            Arrival::MemberWithDeadCookie => {
                let tab = self.begin(true).await;
                let other = self.begin(false).await;
                if let Some(id) = other.request().id() {
                    let deleted = self.records.backend.delete(id, None).await;
                    deleted.expect("the store does not fail");
                }
                (tab, other.cookie().map(str::to_owned))
            }
            Arrival::MemberTwice => {
                let other = self.begin(true).await;
                (self.begin(true).await, other.cookie().map(str::to_owned))
            }
        }
    }

    /// Returns a browser with a new session.
    async fn begin(&self, logs_in: bool) -> TestBrowser {
        // The order of sessions, and of cookies, depends on the time.
        self.app.clock.advance(Duration::from_secs(1));
        let mut tab = self.app.browser();
        let mut session = tab.request();
        let inserted = session.insert("arrival", &1).await;
        inserted.expect("the store does not fail");
        if logs_in {
            // At the limit, the browser stays a visitor.
            _ = session.log_in(log_in_with(self.password.current())).await;
        }
        let answered = tab.respond(session).await;
        answered.expect("the store does not fail");
        tab
    }

    /// Sends the next request of a browser.
    pub(crate) fn send(&mut self, browser: usize) {
        let Some(actions) = self.browsers[browser].unsent.pop() else {
            return;
        };
        let cookies = self.browsers[browser].cookies();
        let cookies: Vec<_> = cookies.into_iter().map(str::to_owned).collect();
        // The body of a request that changes something may arrive late.
        let method = match actions.iter().all(|action| *action == Action::Read) {
            true => Method::GET,
            false => Method::POST,
        };
        let head = head(method, &cookies);
        let serve = self.desk().serve(head, actions.clone());
        let state = self.begin_request(serve);
        self.requests.push(Request {
            browser: Some(browser),
            cookies,
            actions,
            state,
        });
    }

    /// Lets the administrator end all sessions of the principal.
    pub(crate) fn revoke_all(&mut self) {
        let revoke = self.desk().revoke_all();
        self.administrate(revoke);
    }

    /// Lets the administrator end all sessions of the application.
    pub(crate) fn purge(&mut self) {
        let purge = self.desk().purge();
        self.administrate(purge);
    }

    /// Restarts the application with `valid_from`. Requests under way stay in the old one.
    pub(crate) fn restart(&mut self) {
        // A session that began at this very moment would go on.
        self.app.clock.advance(Duration::from_millis(1));
        let now = self.app.clock.now();
        let mut config = self.app.policy.config().clone();
        config.state.valid_from = Some(now);
        let policy = SessionPolicy::new(&config, &self.app.cookies);
        let policy = policy.expect("the configuration is valid");
        self.app.policy = policy.with_clock(self.app.clock.clone());
        self.records.valid_from = Some(now);
    }

    fn administrate(&mut self, request: impl Future<Output = Reply> + Send + 'static) {
        let state = self.begin_request(request);
        self.requests.push(Request {
            browser: None,
            cookies: Vec::new(),
            actions: Vec::new(),
            state,
        });
    }

    fn begin_request(&self, request: impl Future<Output = Reply> + Send + 'static) -> State {
        let running = self.gate.begin(self.requests.len());
        State::UnderWay(tokio::spawn(async move {
            let _running = running;
            request.await
        }))
    }

    fn desk(&self) -> Desk {
        Desk {
            party: self.requests.len(),
            gate: self.gate.clone(),
            app: self.app.clone(),
            password: self.password.clone(),
            records: self.records.clone(),
        }
    }

    /// Drops a request together with its answer, as when a client hangs up.
    pub(crate) async fn drop_request(&mut self, party: Party) {
        self.gate.forget_handler(party);
        let state = std::mem::replace(&mut self.requests[party].state, State::Dropped);
        if let State::UnderWay(task) = state {
            task.abort();
            _ = task.await;
        }
    }

    /// Damages the state in the record behind the cookie of a browser.
    pub(crate) async fn damage(&self, browser: usize) {
        let Some(id) = self.browsers[browser].tab.request().id() else {
            return;
        };
        if let Some(record) = self.records.get(id).await {
            let damaged = Arc::new(SessionRecord {
                revision: record.revision.next(),
                state: SerializedState::from_json("[]"),
                ..(*record).clone()
            });
            let replaced = self.records.backend.replace(&damaged, record.revision);
            _ = replaced.await.expect("the store does not fail");
        }
    }

    /// Returns `true` if the request waits for the scheduler.
    pub(crate) fn waits(&self, party: Party) -> bool {
        self.gate.waiting().iter().any(|(waits, _)| *waits == party)
    }

    /// Returns `true` if the application still shows a session that is over by `valid_from`.
    pub(crate) async fn lists_a_cut_off_session(&self) -> bool {
        if self.records.valid_from.is_none() {
            return false;
        }
        let registry = SessionRegistry::new(&self.glass, &self.app.policy);
        let listed = registry.list(&alice()).await;
        let mut listed = listed.expect("the store does not fail").into_iter();
        listed.any(|it| self.records.cuts_off(it.created_at, it.authenticated_at))
    }

    /// Looks at the session behind cookies, past the scheduler.
    pub(crate) async fn look(&self, cookies: &[impl AsRef<str>]) -> Seen {
        let mut app = self.app.clone();
        app.store = self.glass.clone();
        let session = app.session(&head(Method::GET, cookies));
        let loaded = session.force_load().await;
        loaded.expect("the store does not fail");
        let (id, live) = (session.id(), session.expires_at().is_some());
        let mut keys: Vec<String> = session.client().entries().map(|(key, _)| key).collect();
        let entries = session.entries().await;
        let entries = entries.expect("the store does not fail");
        keys.extend(entries.map(|(key, _)| key.to_owned()));
        let principal = session.principal().await;
        let principal = principal.expect("the store does not fail");
        let stamp = self.password.current().to_le_bytes();
        Seen {
            id,
            live,
            member: principal.is_some() && session.verify_stamp(&stamp).await.is_ok(),
            keys,
        }
    }
}

fn config(settings: &Settings) -> SessionConfig {
    let mut config = SessionConfig::default();
    config.store.timeout = NO_LIMIT;
    // The steps of the clock end neither a visitor's session nor a member's by themselves, and no
    // store whose server has a clock of its own ends one. The longest step is past the extension.
    let state = &mut config.state;
    state.idle_timeout = Duration::from_secs(7 * 24 * 60 * 60);
    state.extension_threshold = 0.97;
    state.anonymous.idle_timeout = Some(state.idle_timeout);
    state.anonymous.absolute_timeout = Some(state.absolute_timeout);
    config.state.renew_every = settings.renew_every;
    config.state.discarded_changes = DiscardedChanges::Conflict;
    if settings.revokes_on_reuse {
        config.state.on_token_reuse = TokenReuse::Revoke;
    }
    config.log_in.max_sessions_per_principal = settings.limit;
    if settings.refuses_at_limit {
        config.log_in.at_limit = AtLimit::Refuse;
    }
    config
}

/// Lets the oracle look at sessions without ending any.
#[derive(Clone, Copy, Debug)]
struct Glass;

#[async_trait]
impl Interceptor for Glass {
    async fn intercept(
        &self,
        operation: Operation<'_>,
        store: &dyn SessionStorageBackend,
    ) -> Result<Answer, StoreError> {
        match operation {
            Operation::Delete(..) => Ok(Answer::Delete(true)),
            other => other.run(store).await,
        }
    }
}

fn head(method: Method, cookies: &[impl AsRef<str>]) -> RequestHead {
    let mut headers = HeaderMap::new();
    let cookies: Vec<_> = cookies.iter().map(AsRef::as_ref).collect();
    if !cookies.is_empty() {
        let value = HeaderValue::try_from(cookies.join("; "));
        let value = value.expect("a cookie is a valid header value");
        headers.insert(COOKIE, value);
    }
    RequestHead {
        method,
        target: Uri::from_static("/"),
        version: Version::HTTP_11,
        headers,
    }
}
