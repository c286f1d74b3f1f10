//! Requests that change no record, while another party ends their session or replaces its secret.
//! The answers are delivered before and after each step of the others.

use pavex::Response;
use pavex::http::StatusCode;
use session::testing::{TestBrowser, set_cookie};
use session::{Principal, Session};

use super::session_owners::{owner_of, registry, request};
use crate::expect::{expect, no_error};
use crate::record::principal;
use crate::script::{Action, Scenario, Sent};
use crate::store::StoreUnderTest;

/// Checks that the browser has nothing that gives access to a session that ended.
pub async fn no_late_answer_brings_an_ended_session_back(store: StoreUnderTest) {
    let promise = "after a log-out or a revocation, no late answer gives access to the session";
    for rival in [Rival::LogOut, Rival::Revocation] {
        for (usage, order) in cases() {
            let mut race = Race::run(promise, &store, usage, rival, order).await;
            race.expect_outcome(promise, None, 0).await;
        }
    }
}

/// Checks that the browser has the cookie of the log-in, unless an answer from before the log-in
/// was delivered after that cookie. No server can prevent that.
pub async fn no_late_answer_replaces_the_cookie_of_a_log_in(store: StoreUnderTest) {
    let promise = "after a log-in, no late answer replaces its cookie";
    for (usage, order) in cases() {
        let mut race = Race::run(promise, &store, usage, Rival::LogIn, order).await;
        let owner = (!race.has_overtaken).then(|| principal("alice"));
        race.expect_outcome(promise, owner, 1).await;
        let registry = registry(&race.scenario);
        no_error(promise, registry.revoke_all(&principal("alice")).await);
    }
}

/// The use that the request makes of its session.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    /// Changes the client-side state.
    ClientSide,
    /// Reads at a time at which the deadline is moved.
    Extension,
}

/// The act of the other party.
#[derive(Clone, Copy)]
enum Rival {
    LogOut,
    LogIn,
    /// An administrator ends all sessions of the principal.
    Revocation,
}

/// A step of the request or of the other party.
#[derive(Clone, Copy)]
enum Step {
    Load,
    Commit,
    Receive,
    RivalArrives,
    RivalCommits,
    RivalReceives,
}

/// Returns all orders of the steps of the two parties.
fn orders() -> impl Iterator<Item = Vec<Step>> {
    // Each number of six bits of which three are set is an order.
    let with_three_bits = (0_u8..64).filter(|bits| bits.count_ones() == 3);
    with_three_bits.map(|bits| {
        let request = [Step::Load, Step::Commit, Step::Receive];
        let rival = [Step::RivalArrives, Step::RivalCommits, Step::RivalReceives];
        let mut parties = [request.into_iter(), rival.into_iter()];
        let next = |i: u8| parties[usize::from(bits >> i & 1)].next();
        (0..6).filter_map(next).collect()
    })
}

/// Returns both uses of the session, each in all orders.
fn cases() -> impl Iterator<Item = (Use, Vec<Step>)> {
    let usages = [Use::ClientSide, Use::Extension].into_iter();
    usages.flat_map(|usage| orders().map(move |order| (usage, order)))
}

/// A browser with a session of `alice`, and the two parties that use it.
struct Race {
    scenario: Scenario,
    /// The browser with the cookie from before.
    before: TestBrowser,
    request: Option<Session>,
    answer: Option<Response>,
    rival: Option<Session>,
    answer_to_the_rival: Option<Response>,
    rival_has_received: bool,
    /// True if the request loaded its session before the rival committed.
    has_loaded_before: bool,
    /// True if the request committed before the rival.
    has_committed_before: bool,
    /// True if the browser received a cookie from before the rival's commit after its answer.
    has_overtaken: bool,
}

impl Race {
    async fn run(
        promise: &str,
        store: &StoreUnderTest,
        usage: Use,
        rival: Rival,
        order: Vec<Step>,
    ) -> Self {
        let mut race = Self::begin(promise, store, usage).await;
        for step in order {
            race.take(promise, step, usage, rival).await;
        }
        race
    }

    async fn begin(promise: &str, store: &StoreUnderTest, usage: Use) -> Self {
        let mut scenario = Scenario::begin(promise, store, |_| ()).await;
        request(promise, &mut scenario.browser, Action::LogIn("alice")).await;
        if usage == Use::Extension {
            let config = scenario.app.policy.config().clone();
            scenario.app.clock.advance(config.state.renewal_grace);
            // It removes the secret before the log-in, so that the extension is a `touch`.
            request(promise, &mut scenario.browser, Action::Insert("b", 1)).await;
            scenario.app.clock.advance(config.state.idle_timeout / 2);
        }
        Self {
            before: scenario.browser.clone(),
            scenario,
            request: None,
            answer: None,
            rival: None,
            answer_to_the_rival: None,
            rival_has_received: false,
            has_loaded_before: false,
            has_committed_before: false,
            has_overtaken: false,
        }
    }

    async fn take(&mut self, promise: &str, step: Step, usage: Use, rival: Rival) {
        match step {
            Step::Load => self.load(promise, usage).await,
            Step::Commit => self.commit(promise).await,
            Step::Receive => self.receive(),
            Step::RivalArrives => self.rival = Some(self.scenario.browser.request()),
            Step::RivalCommits => self.commit_of_the_rival(promise, rival).await,
            Step::RivalReceives => {
                self.rival_has_received = true;
                self.scenario
                    .browser
                    .receive(answered(&self.answer_to_the_rival));
            }
        }
    }

    async fn load(&mut self, promise: &str, usage: Use) {
        let mut session = self.scenario.load(promise).await;
        if usage == Use::ClientSide {
            no_error(promise, session.client_mut().insert("theme", &1));
        }
        self.has_loaded_before = self.answer_to_the_rival.is_none();
        self.request = Some(session);
    }

    async fn commit(&mut self, promise: &str) {
        let session = self.request.take().expect("the request has loaded");
        let answer = self.respond(promise, session).await;
        self.has_committed_before = self.answer_to_the_rival.is_none();
        if self.has_loaded_before && !self.has_committed_before {
            expect(promise, Sent::Nothing, Sent::by(set_cookie(&answer)));
        }
        self.answer = Some(answer);
    }

    fn receive(&mut self) {
        let answer = answered(&self.answer);
        let is_late = self.has_committed_before && self.rival_has_received;
        self.has_overtaken = is_late && set_cookie(answer).is_some();
        self.scenario.browser.receive(answer);
    }

    async fn commit_of_the_rival(&mut self, promise: &str, rival: Rival) {
        let mut session = self.rival.take().expect("the rival has arrived");
        match rival {
            Rival::LogOut => session.log_out(),
            Rival::LogIn => Action::LogIn("alice").perform(promise, &mut session).await,
            Rival::Revocation => {
                let registry = registry(&self.scenario);
                no_error(promise, registry.revoke_all(&principal("alice")).await);
            }
        }
        self.answer_to_the_rival = Some(self.respond(promise, session).await);
    }

    async fn respond(&mut self, promise: &str, session: Session) -> Response {
        let browser = &self.scenario.browser;
        no_error(promise, browser.respond_with(StatusCode::OK, session).await)
    }

    /// Requires that owner for the cookie of the browser, none for its cookie from before, and that
    /// number of sessions of the principal.
    async fn expect_outcome(&mut self, promise: &str, owner: Option<Principal>, sessions: usize) {
        expect(
            promise,
            owner,
            owner_of(promise, &self.scenario.browser).await,
        );
        expect(promise, None, owner_of(promise, &self.before).await);
        let listed = registry(&self.scenario).list(&principal("alice")).await;
        expect(promise, sessions, no_error(promise, listed).len());
    }
}

fn answered(answer: &Option<Response>) -> &Response {
    answer.as_ref().expect("the request is committed")
}
