use std::sync::Arc;
use std::time::Duration;

use session::store::SessionRecord;
use session::testing::{Intercepted, TestApp, TestBrowser, set_cookie};
use session::{Session, SessionConfig, SessionId, SessionStore};

use super::action::{Action, Expected, Sent};
use super::order::{Order, Step};
use super::spy::Spy;
use crate::expect::{expect, no_error, require};
use crate::store::StoreUnderTest;

/// An application on the store under test, and a browser that has a session with the state
/// `{"base":0}`.
pub(crate) struct Scenario {
    pub(crate) promise: String,
    pub(crate) app: TestApp,
    pub(crate) browser: TestBrowser,
    /// The browser with the first cookie of the session.
    pub(crate) first_browser: TestBrowser,
    pub(crate) id: SessionId,
    pub(crate) spy: Spy,
    /// The time by which the clock advances before each step of a [run](Self::run).
    pub(crate) pace: Duration,
    store: StoreUnderTest,
}

impl Scenario {
    pub(crate) async fn begin(
        promise: &str,
        store: &StoreUnderTest,
        configure: impl FnOnce(&mut SessionConfig),
    ) -> Self {
        Self::begin_with(promise, store, Spy::default(), configure).await
    }

    pub(crate) async fn begin_with(
        promise: &str,
        store: &StoreUnderTest,
        spy: Spy,
        configure: impl FnOnce(&mut SessionConfig),
    ) -> Self {
        let app = application(store, &spy, configure);
        let mut browser = app.browser();
        let id = begin_session(promise, &mut browser).await;
        spy.take_log();
        Self {
            promise: promise.to_owned(),
            app,
            first_browser: browser.clone(),
            browser,
            id,
            spy,
            pace: Duration::ZERO,
            store: store.clone(),
        }
    }

    /// Runs the steps of two requests in the given order, and compares store operations and cookies
    /// with the expected ones.
    ///
    /// After each step, the deadline of the browser's cookie must not be later than that of the
    /// record.
    pub(crate) async fn run(
        &mut self,
        order: Order,
        actions: [Action; 2],
        expected: [Expected; 2],
    ) {
        let mut sessions = [None, None];
        for (request, step) in order.steps() {
            self.app.clock.advance(self.pace);
            let promise = &self.promise;
            let promise = format!("{promise} [{actions:?}: {order:?}; at {request:?} {step:?}]");
            let n = request as usize;
            self.take_step(&promise, step, &mut sessions[n], actions[n], expected[n])
                .await;
            self.assert_cookie_expires_with_the_record(&promise).await;
        }
        self.promise = format!("{} [{actions:?}: {order:?}]", self.promise);
    }

    /// Takes one step of a request, and compares store operations and cookie with the expected
    /// ones.
    async fn take_step(
        &mut self,
        promise: &str,
        step: Step,
        session: &mut Option<Session>,
        action: Action,
        expected: Expected,
    ) {
        let sent = self.perform_step(promise, step, session, action).await;
        let operations = match step {
            Step::Load => expected.load,
            Step::Change => &[],
            Step::Commit => expected.commit,
        };
        if let Some(sent) = sent {
            expect(promise, expected.sent, sent);
        }
        expect(promise, operations, &*self.spy.take_log());
    }

    /// Takes one step of a request. Returns the cookie in the response after the last step.
    pub(crate) async fn perform_step(
        &mut self,
        promise: &str,
        step: Step,
        session: &mut Option<Session>,
        action: Action,
    ) -> Option<Sent> {
        match (step, session.take()) {
            (Step::Load, _) => *session = Some(self.load(promise).await),
            (Step::Change, Some(mut loaded)) => {
                action.perform(promise, &mut loaded).await;
                *session = Some(loaded);
            }
            (Step::Commit, Some(loaded)) => return Some(self.commit(promise, loaded).await),
            (_, None) => unreachable!("each request loads its session first"),
        }
        None
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

    /// Loads the record of the session that the scenario began with.
    pub(crate) async fn stored(&self) -> Option<Arc<SessionRecord>> {
        self.store.load(self.id).await
    }

    /// Requires that the store has the session with this state.
    pub(crate) async fn assert_state(&self, json: &str) {
        let record = self.stored().await;
        let actual = record.as_ref().map(|record| record.state.as_json());
        expect(&self.promise, Some(json), actual);
    }

    /// Requires that the cookie of the browser is valid for the session.
    pub(crate) async fn assert_signed_in(&self) {
        let session = self.load(&self.promise).await;
        expect(&self.promise, Some(self.id), session.id());
        let base = no_error(&self.promise, session.get::<u64>("base").await);
        expect(&self.promise, Some(0), base);
        self.spy.take_log();
    }

    /// Requires that the first cookie of the session is not valid any more.
    pub(crate) async fn assert_first_cookie_is_dead(&self) {
        let session = self.first_browser.request();
        let base = no_error(&self.promise, session.get::<u64>("base").await);
        expect(&self.promise, None, base);
        expect(&self.promise, None, session.id());
        self.spy.take_log();
    }

    /// Requires that the session is gone, and that a write with its cookie does not bring it back.
    pub(crate) async fn assert_session_is_dead(&self) {
        let promise = &self.promise;
        self.store.holds_nothing(promise, self.id).await;
        self.assert_first_cookie_is_dead().await;
        let mut stale = self.first_browser.clone();
        let mut session = stale.request();
        no_error(promise, session.insert("late", &1).await);
        no_error(promise, stale.respond(session).await);
        self.store.holds_nothing(promise, self.id).await;
        let id = stale.request().id();
        require(promise, id != Some(self.id), "another id", &id);
        self.spy.take_log();
    }

    /// Requires that cookie and record have the same deadline.
    pub(crate) async fn assert_deadlines_agree(&self) {
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

    async fn assert_cookie_expires_with_the_record(&self, promise: &str) {
        let session = self.browser.request();
        let Some((cookie, record)) = session.expires_at().zip(self.stored().await) else {
            return;
        };
        let holds = session.id() != Some(self.id) || cookie <= record.expires_at;
        let expected = format!("a cookie that expires at {:?} or before", record.expires_at);
        require(promise, holds, &expected, &cookie);
    }
}

fn application(
    store: &StoreUnderTest,
    spy: &Spy,
    configure: impl FnOnce(&mut SessionConfig),
) -> TestApp {
    let mut config = SessionConfig::default();
    // The first operations of a store may be slow.
    config.store.timeout = Duration::from_secs(60);
    // The same deadlines before a log-in and after it.
    let state = &mut config.state;
    state.anonymous.idle_timeout = Some(state.idle_timeout);
    state.anonymous.absolute_timeout = Some(state.absolute_timeout);
    configure(&mut config);
    let store = SessionStore::new(Intercepted::new(store.backend(), spy.clone()));
    TestApp::with_config(store, &config).expect("the configuration is valid")
}

async fn begin_session(promise: &str, browser: &mut TestBrowser) -> SessionId {
    let mut session = browser.request();
    no_error(promise, session.insert("base", &0).await);
    no_error(promise, session.commit().await);
    let id = session.id().expect("a committed session has an id");
    no_error(promise, browser.respond(session).await);
    id
}
