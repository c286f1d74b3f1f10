//! Sessions of a principal: log-ins, their limit, the list, and revocation.

use std::time::Duration;

use session::config::AtLimit;
use session::testing::TestBrowser;
use session::{Principal, SessionError, SessionRegistry};

use super::session_renewals::beside_a_writer;
use crate::expect::{expect, no_error, require};
use crate::record::principal;
use crate::script::{Action, Scenario};
use crate::store::StoreUnderTest;
use crate::tasks::in_parallel;

const MINUTE: Duration = Duration::from_secs(60);

/// Checks that a writer with the old token, if it is too late, writes nothing.
pub async fn a_log_in_beside_a_writer_invalidates_the_old_token(store: StoreUnderTest) {
    let promise = "after a log-in the old token is invalid and the new one is kept";
    beside_a_writer(promise, &store, Action::LogIn("alice")).await;
}

/// Checks that the log-in succeeds in a new session, and that the old session stays dead.
pub async fn a_log_in_beside_a_log_out_starts_a_new_session(store: StoreUnderTest) {
    let promise = "a log-in beside a log-out starts a new session, and the old one stays dead";
    let scenario = Scenario::begin(promise, &store, |_| ()).await;
    let (mut log_in, mut log_out) = (scenario.browser.clone(), scenario.browser.clone());
    let mut session = log_in.request();
    no_error(promise, session.log_in(principal("alice")).await);
    request(promise, &mut log_out, Action::LogOut).await;
    no_error(promise, log_in.respond(session).await);
    let owner = owner_of(promise, &log_in).await;
    expect(promise, Some(principal("alice")), owner);
    assert_is_new_and_empty(promise, &scenario, &log_in).await;
    scenario.assert_session_is_dead().await;
}

/// Requires that the browser has another session than the scenario, without its state.
async fn assert_is_new_and_empty(promise: &str, scenario: &Scenario, browser: &TestBrowser) {
    let session = browser.request();
    let base = no_error(promise, session.get::<u64>("base").await);
    expect(promise, None, base);
    let id = session.id();
    require(promise, id != Some(scenario.id), "another id", &id);
}

/// Checks that the state of one principal is not visible to the next one.
pub async fn a_log_in_of_another_principal_starts_empty(store: StoreUnderTest) {
    let promise = "a log-in of another principal ends the session and starts an empty one";
    let mut scenario = Scenario::begin(promise, &store, |_| ()).await;
    request(promise, &mut scenario.browser, Action::LogIn("alice")).await;
    let alices = scenario.browser.clone();
    request(promise, &mut scenario.browser, Action::LogIn("bob")).await;
    let session = scenario.browser.request();
    let owner = no_error(promise, session.principal().await);
    expect(promise, Some(principal("bob")), owner);
    expect(promise, true, no_error(promise, session.is_empty().await));
    expect(promise, None, owner_of(promise, &alices).await);
    scenario.assert_session_is_dead().await;
}

/// Checks that log-ins which all carry the cookie of one visitor leave one session with its state.
pub async fn parallel_log_ins_of_one_browser_leave_one_session(store: StoreUnderTest) {
    let promise = "16 parallel log-ins of one browser leave one session, which keeps its state";
    for loads_first in [true, false] {
        let scenario = Scenario::begin(promise, &store, |_| ()).await;
        let owner = principal(if loads_first { "alice" } else { "bob" });
        let log_ins = (0..16).map(|_| {
            let browser = scenario.browser.clone();
            log_in_again(promise, browser, owner.clone(), loads_first)
        });
        let browsers = in_parallel(log_ins.collect::<Vec<_>>()).await;
        let live = no_error(promise, registry(&scenario).list(&owner).await);
        expect(promise, 1, live.len());
        for browser in browsers {
            scenario.app.clock.advance(MINUTE);
            expect(
                promise,
                Some(owner.clone()),
                owner_of(promise, &browser).await,
            );
        }
        scenario.assert_state(r#"{"base":0}"#).await;
    }
}

fn log_in_again(
    promise: &str,
    mut browser: TestBrowser,
    owner: Principal,
    loads_first: bool,
) -> impl Future<Output = TestBrowser> + Send + use<> {
    let promise = promise.to_owned();
    async move {
        let mut session = browser.request();
        if loads_first {
            no_error(&promise, session.force_load().await);
            tokio::task::yield_now().await;
        }
        no_error(&promise, session.log_in_keeping(owner, ["base"]).await);
        no_error(&promise, browser.respond(session).await);
        browser
    }
}

/// Checks that as many sessions are left as the limit allows.
pub async fn parallel_log_ins_above_the_limit_end_the_oldest_sessions(store: StoreUnderTest) {
    let promise = "of 16 parallel log-ins with a limit of 3 sessions, 3 sessions are left";
    let (live, refused) = sixteen_log_ins(promise, &store, AtLimit::EndOldest).await;
    expect(promise, (3, 0), (live, refused));
}

/// Checks that the limit is not exceeded if it refuses log-ins.
pub async fn parallel_log_ins_above_the_limit_are_refused(store: StoreUnderTest) {
    let promise = "of 16 parallel log-ins with a limit of 3 sessions, at most 3 are accepted";
    let (live, refused) = sixteen_log_ins(promise, &store, AtLimit::Refuse).await;
    require(promise, live <= 3, "at most 3 sessions", &live);
    expect(promise, 16 - live, refused);
}

/// Returns the number of live sessions after the log-ins, and the number of refused log-ins.
async fn sixteen_log_ins(
    promise: &str,
    store: &StoreUnderTest,
    at_limit: AtLimit,
) -> (usize, usize) {
    let scenario = Scenario::begin(promise, store, |config| {
        config.log_in.max_sessions_per_principal = 3.try_into().ok();
        config.log_in.at_limit = at_limit;
    })
    .await;
    let log_ins = (0..16).map(|_| is_refused(promise, scenario.app.browser()));
    let refused = in_parallel(log_ins.collect::<Vec<_>>()).await;
    let live = registry(&scenario).list(&principal("alice")).await;
    let refused = refused.into_iter().filter(|refused| *refused);
    (no_error(promise, live).len(), refused.count())
}

/// Logs `alice` in. Returns `true` if the limit of sessions refuses the log-in.
fn is_refused(
    promise: &str,
    mut browser: TestBrowser,
) -> impl Future<Output = bool> + Send + use<> {
    let promise = promise.to_owned();
    async move {
        let mut session = browser.request();
        let accepted = session.log_in(principal("alice")).await;
        let outcome = browser.respond(session).await;
        let outcome = accepted.and(outcome.map(drop));
        if let Err(SessionError::TooManySessions { .. }) = outcome {
            return true;
        }
        no_error(&promise, outcome);
        false
    }
}

/// Checks that a list contains the live sessions of one principal, the last active one first.
pub async fn a_principal_is_shown_their_live_sessions(store: StoreUnderTest) {
    let promise = "the list has the live sessions of the principal, the last active one first";
    let scenario = Scenario::begin(promise, &store, |_| ()).await;
    let expired = logged_in(promise, &scenario, "alice").await;
    let clock = &scenario.app.clock;
    clock.advance(20 * 60 * MINUTE);
    let [mut laptop, phone] = [
        logged_in(promise, &scenario, "alice").await,
        logged_in(promise, &scenario, "alice").await,
    ];
    logged_in(promise, &scenario, "bob").await;
    clock.advance(5 * 60 * MINUTE);
    request(promise, &mut laptop, Action::Increment).await;
    let list = no_error(promise, registry(&scenario).list(&principal("alice")).await);
    let listed: Vec<_> = list.iter().map(|summary| Some(summary.id)).collect();
    let expected = vec![laptop.request().id(), phone.request().id()];
    expect(promise, expected, listed);
    expect(promise, None, owner_of(promise, &expired).await);
}

/// Checks that a request under way does not bring back a revoked session, whichever commits first.
pub async fn a_revocation_beside_a_writer_ends_the_session(store: StoreUnderTest) {
    for action in [Action::Increment, Action::Renew, Action::Read] {
        for is_revoked_first in [true, false] {
            revoke_beside(&store, action, is_revoked_first).await;
        }
    }
}

async fn revoke_beside(store: &StoreUnderTest, action: Action, is_revoked_first: bool) {
    let promise = "a revoked session is dead at its next use, whatever runs in parallel";
    let mut scenario = Scenario::begin(promise, store, |_| ()).await;
    request(promise, &mut scenario.browser, Action::LogIn("alice")).await;
    let mut session = scenario.load(promise).await;
    action.perform(promise, &mut session).await;
    let mut browser = scenario.browser.clone();
    if is_revoked_first {
        revoke(promise, &scenario).await;
        no_error(promise, browser.respond(session).await);
    } else {
        no_error(promise, browser.respond(session).await);
        revoke(promise, &scenario).await;
    }
    expect(promise, None, owner_of(promise, &browser).await);
    scenario.assert_session_is_dead().await;
}

/// Revokes the session with which the scenario began.
async fn revoke(promise: &str, scenario: &Scenario) {
    let alice = principal("alice");
    let revoked = registry(scenario).revoke(&alice, scenario.id).await;
    expect(promise, true, no_error(promise, revoked));
}

/// Checks that the current session and those of other principals are spared.
pub async fn revoking_other_sessions_spares_the_current_one(store: StoreUnderTest) {
    let promise =
        "revoking the other sessions spares the current one and those of other principals";
    let scenario = Scenario::begin(promise, &store, |_| ()).await;
    let this = logged_in(promise, &scenario, "alice").await;
    let other = logged_in(promise, &scenario, "alice").await;
    let bobs = logged_in(promise, &scenario, "bob").await;
    let revoked = registry(&scenario).revoke_others(&this.request()).await;
    expect(promise, 1, no_error(promise, revoked));
    let owners = [&this, &other, &bobs].map(|browser| owner_of(promise, browser));
    let [this, other, bobs] = owners;
    let expected = (Some(principal("alice")), None, Some(principal("bob")));
    expect(promise, expected, (this.await, other.await, bobs.await));
}

/// Checks that sessions without a principal are revoked as well.
pub async fn revoking_all_sessions_leaves_none(store: StoreUnderTest) {
    let promise = "revoking all sessions leaves none";
    let scenario = Scenario::begin(promise, &store, |_| ()).await;
    let mut browsers = vec![scenario.browser.clone()];
    for owner in ["alice", "bob", "alice"] {
        browsers.push(logged_in(promise, &scenario, owner).await);
    }
    let revoked = registry(&scenario).revoke_all_sessions().await;
    expect(promise, 4, no_error(promise, revoked));
    for browser in browsers {
        let session = browser.request();
        no_error(promise, session.force_load().await);
        expect(promise, None, session.id());
    }
}

pub(super) fn registry(scenario: &Scenario) -> SessionRegistry {
    SessionRegistry::new(&scenario.app.store, &scenario.app.policy)
}

/// Returns a new browser in which `owner` has logged in.
async fn logged_in(promise: &str, scenario: &Scenario, owner: &'static str) -> TestBrowser {
    let mut browser = scenario.app.browser();
    request(promise, &mut browser, Action::LogIn(owner)).await;
    scenario.app.clock.advance(MINUTE);
    browser
}

pub(super) async fn request(promise: &str, browser: &mut TestBrowser, action: Action) {
    let mut session = browser.request();
    action.perform(promise, &mut session).await;
    no_error(promise, browser.respond(session).await);
}

pub(super) async fn owner_of(promise: &str, browser: &TestBrowser) -> Option<Principal> {
    no_error(promise, browser.request().principal().await)
}
