//! Two requests of one browser, step by step, in a given order.

mod order;
mod spy;

pub(crate) use order::{Order, Step, Who};
pub(crate) use spy::Spy;

use std::sync::Arc;
use std::time::Duration;

use session::store::SessionRecord;
use session::testing::{TestApp, TestBrowser, set_cookie};
use session::{Session, SessionConfig, SessionId};

use crate::StoreUnderTest;
use crate::expect::{expect, require};
use crate::record::principal;

/// An application on the store under test, and a browser with a session: its state is `{"base":0}`.
pub(crate) struct Scenario {
    pub(crate) promise: String,
    pub(crate) app: TestApp,
    pub(crate) browser: TestBrowser,
    /// The browser as it was when the session began.
    pub(crate) beginning: TestBrowser,
    pub(crate) id: SessionId,
    pub(crate) spy: Spy,
    store: StoreUnderTest,
}

/// What a handler does with the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Read,
    Insert(&'static str, u64),
    Increment,
    Renew,
    LogIn(&'static str),
    LogOut,
}

/// What the response says about the session cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sent {
    Nothing,
    Cookie,
    Removal,
}

/// What is expected of a request: its store operations at each end, and its response.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Expected {
    pub(crate) load: &'static [&'static str],
    pub(crate) commit: &'static [&'static str],
    pub(crate) sent: Sent,
}

impl Expected {
    /// A request that finds its session.
    pub(crate) const fn signed_in(commit: &'static [&'static str], sent: Sent) -> Self {
        Self {
            load: &["load"],
            commit,
            sent,
        }
    }

    /// A request whose browser has no cookie any more.
    pub(crate) const fn anonymous(commit: &'static [&'static str], sent: Sent) -> Self {
        Self {
            load: &[],
            commit,
            sent,
        }
    }
}

impl Scenario {
    pub(crate) async fn begin(
        promise: &str,
        store: &StoreUnderTest,
        configure: impl FnOnce(&mut SessionConfig),
    ) -> Self {
        Self::begin_with(promise, store, Spy::new(store), configure).await
    }

    pub(crate) async fn begin_with(
        promise: &str,
        store: &StoreUnderTest,
        spy: Spy,
        configure: impl FnOnce(&mut SessionConfig),
    ) -> Self {
        let mut config = SessionConfig::default();
        // A store is slow to begin with, and this is no test of its speed.
        config.store.timeout = Duration::from_secs(60);
        configure(&mut config);
        let app = session::SessionStore::new(spy.clone());
        let app = TestApp::with_config(app, &config).expect("the configuration is valid");
        let mut browser = app.browser();
        let mut session = browser.request();
        session
            .insert("base", &0)
            .await
            .expect("a new session takes a value");
        session.commit().await.expect("the session is created");
        let id = session.id().expect("it is committed");
        browser
            .respond(session)
            .await
            .expect("nothing is left to commit");
        spy.take_log();
        Self {
            promise: promise.to_owned(),
            app,
            beginning: browser.clone(),
            browser,
            id,
            spy,
            store: store.clone(),
        }
    }

    /// Lets two requests take their steps in that order, and compares with what is expected.
    ///
    /// After each step, the browser's cookie must not promise more than the store keeps.
    pub(crate) async fn run(
        &mut self,
        order: Order,
        actions: [Action; 2],
        expected: [Expected; 2],
        pace: Duration,
    ) {
        let mut sessions = [None, None];
        for (who, step) in order.steps() {
            self.app.clock.advance(pace);
            let me = who as usize;
            let promise = self.describe(order, actions, who, step);
            let operations = match step {
                Step::Load => {
                    let session = self.load(&promise).await;
                    sessions[me] = Some(session);
                    expected[me].load
                }
                Step::Change => {
                    let session = sessions[me].as_mut().expect("it was loaded before");
                    actions[me].perform(&promise, session).await;
                    &[]
                }
                Step::Commit => {
                    let session = sessions[me].take().expect("it was loaded before");
                    let sent = self.commit(&promise, session).await;
                    expect(&promise, expected[me].sent, sent);
                    expected[me].commit
                }
            };
            expect(&promise, operations, &*self.spy.take_log());
            self.the_cookie_promises_no_more_than_the_store_keeps(&promise)
                .await;
        }
        self.promise = format!("{} [{actions:?}: {order:?}]", self.promise);
    }

    pub(crate) async fn load(&self, promise: &str) -> Session {
        let session = self.browser.request();
        no_error(promise, session.force_load().await);
        session
    }

    pub(crate) async fn commit(&mut self, promise: &str, session: Session) -> Sent {
        let response = no_error(promise, self.browser.respond(session).await);
        Sent::by(set_cookie(&response))
    }

    /// The record of the session that was there in the beginning, as the store has it now.
    pub(crate) async fn stored(&self) -> Option<Arc<SessionRecord>> {
        self.store.load(self.id).await
    }

    /// Requires that the store has the session with that state.
    pub(crate) async fn state_is(&self, json: &str) {
        let record = self.stored().await;
        let actual = record.as_ref().map(|record| record.state.as_json());
        expect(&self.promise, Some(json), actual);
    }

    /// Requires that the browser is signed in to the session.
    pub(crate) async fn browser_is_signed_in(&self) {
        let session = self.load(&self.promise).await;
        expect(&self.promise, Some(self.id), session.id());
        let base = no_error(&self.promise, session.get::<u64>("base").await);
        expect(&self.promise, Some(0), base);
        self.spy.take_log();
    }

    /// Requires that the cookie the session began with is worth nothing.
    pub(crate) async fn the_first_cookie_is_dead(&self) {
        let session = self.beginning.request();
        let base = no_error(&self.promise, session.get::<u64>("base").await);
        expect(&self.promise, None, base);
        expect(&self.promise, None, session.id());
        self.spy.take_log();
    }

    /// Requires that the session is gone, and that not even a write with its cookie brings it back.
    pub(crate) async fn the_session_is_dead(&self) {
        let promise = &self.promise;
        self.store.holds_nothing(promise, self.id).await;
        self.the_first_cookie_is_dead().await;
        let mut stale = self.beginning.clone();
        let mut session = stale.request();
        no_error(promise, session.insert("late", &1).await);
        no_error(promise, stale.respond(session).await);
        self.store.holds_nothing(promise, self.id).await;
        let id = stale.request().id();
        require(promise, id != Some(self.id), "a session of another id", &id);
        self.spy.take_log();
    }

    /// Requires that cookie and record have one deadline.
    pub(crate) async fn the_deadlines_agree(&self) {
        let cookie = self.browser.request().expires_at();
        let record = self.stored().await.map(|record| record.expires_at);
        require(
            &self.promise,
            cookie.is_some(),
            "a cookie with a deadline",
            &cookie,
        );
        expect(&self.promise, record, cookie);
    }

    async fn the_cookie_promises_no_more_than_the_store_keeps(&self, promise: &str) {
        let session = self.browser.request();
        let Some((cookie, record)) = session.expires_at().zip(self.stored().await) else {
            return;
        };
        let holds = session.id() != Some(self.id) || cookie <= record.expires_at;
        let expected = format!("a cookie that expires by {:?}", record.expires_at);
        require(promise, holds, &expected, &cookie);
    }

    fn describe(&self, order: Order, actions: [Action; 2], who: Who, step: Step) -> String {
        let promise = &self.promise;
        format!("{promise} [{actions:?}: {order:?}; now {who:?} {step:?}]")
    }
}

impl Action {
    pub(crate) async fn perform(self, promise: &str, session: &mut Session) {
        match self {
            Self::Read => {}
            Self::Insert(key, value) => no_error(promise, session.insert(key, &value).await),
            Self::Increment => {
                let update = session.update("n", |n: Option<u64>| n.unwrap_or(0) + 1);
                no_error(promise, update.await);
            }
            Self::Renew => session.renew(),
            Self::LogIn(owner) => no_error(promise, session.log_in(principal(owner)).await),
            Self::LogOut => session.log_out(),
        }
    }
}

impl Sent {
    pub(crate) fn by(header: Option<&str>) -> Self {
        match header {
            None => Self::Nothing,
            Some(header) if header.contains("Max-Age=0") => Self::Removal,
            Some(_) => Self::Cookie,
        }
    }
}

#[track_caller]
pub(crate) fn no_error<T, E: std::error::Error>(promise: &str, outcome: Result<T, E>) -> T {
    outcome.unwrap_or_else(|error| {
        let mut message = error.to_string();
        let mut cause = error.source();
        while let Some(error) = cause {
            message = format!("{message}: {error}");
            cause = error.source();
        }
        crate::expect::broken(promise, "no error", &message)
    })
}
