//! Sessions that belong to a principal: log-ins, their limit, the list, and revocation.

use std::time::Duration;

use session::config::AtLimit;
use session::testing::TestBrowser;
use session::{Principal, SessionError, SessionRegistry};

use crate::StoreUnderTest;
use crate::expect::{expect, require};
use crate::record::principal;
use crate::script::{Action, Scenario, no_error};
use crate::suite::session_renewals::beside_a_writer;
use crate::tasks::side_by_side;

const MINUTE: Duration = Duration::from_secs(60);

/// Like a renewal: a writer that comes too late with the old token writes nothing.
pub async fn a_log_in_beside_a_writer_kills_the_old_token(store: StoreUnderTest) {
    let promise = "after a log-in the old token is dead, and the new one is kept";
    beside_a_writer(promise, &store, Action::LogIn("alice")).await;
}

/// The log-in succeeds in a session of its own; the one that ended stays dead.
pub async fn a_log_out_beside_a_log_in_does_not_undo_it(store: StoreUnderTest) {
    let promise = "a log-in beside a log-out is in a new session, and the old one is dead";
    let scenario = Scenario::begin(promise, &store, |_| ()).await;
    let (mut log_in, mut log_out) = (scenario.browser.clone(), scenario.browser.clone());
    let mut session = log_in.request();
    let alice = principal("alice");
    no_error(promise, session.log_in(alice.clone()).await);
    request(promise, &mut log_out, Action::LogOut).await;
    no_error(promise, log_in.respond(session).await);
    let session = log_in.request();
    let owner = no_error(promise, session.principal().await);
    expect(promise, Some(alice), owner);
    require(
        promise,
        session.id() != Some(scenario.id),
        "another id",
        &session.id(),
    );
    let base = no_error(promise, session.get::<u64>("base").await);
    expect(promise, None, base);
    scenario.the_session_is_dead().await;
}

/// Nothing of the one is left to the other.
pub async fn another_principal_starts_empty(store: StoreUnderTest) {
    let promise = "a log-in of another principal ends the session and starts empty";
    let mut scenario = Scenario::begin(promise, &store, |_| ()).await;
    request(promise, &mut scenario.browser, Action::LogIn("alice")).await;
    let alices = scenario.browser.clone();
    request(promise, &mut scenario.browser, Action::LogIn("bob")).await;
    let session = scenario.browser.request();
    let owner = no_error(promise, session.principal().await);
    expect(promise, Some(principal("bob")), owner);
    expect(promise, true, no_error(promise, session.is_empty().await));
    expect(promise, None, owner_of(promise, &alices).await);
    scenario.the_session_is_dead().await;
}

/// Of many at once no more stay than the limit says, and as many.
pub async fn parallel_log_ins_end_the_oldest_beyond_the_limit(store: StoreUnderTest) {
    let promise = "of 16 parallel log-ins with a limit of 3 sessions, 3 stay";
    let (live, refused) = sixteen_log_ins(promise, &store, AtLimit::EndOldest).await;
    expect(promise, (3, 0), (live, refused));
}

/// The same where the limit refuses: there it is never exceeded.
pub async fn parallel_log_ins_are_refused_beyond_the_limit(store: StoreUnderTest) {
    let promise = "of 16 parallel log-ins with a limit of 3 sessions, at most 3 are accepted";
    let (live, refused) = sixteen_log_ins(promise, &store, AtLimit::Refuse).await;
    require(promise, live <= 3, "at most 3 sessions", &live);
    expect(promise, 16 - live, refused);
}

/// How many sessions there are after it, and how many log-ins were refused.
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
    let alice = principal("alice");
    let log_ins = (0..16).map(|_| {
        let (mut browser, alice) = (scenario.app.browser(), alice.clone());
        let promise = promise.to_owned();
        async move {
            let mut session = browser.request();
            let accepted = session.log_in(alice).await;
            let outcome = browser.respond(session).await;
            match accepted.and(outcome.map(|_| ())) {
                Err(SessionError::TooManySessions { .. }) => 1,
                outcome => {
                    no_error(&promise, outcome);
                    0
                }
            }
        }
    });
    let refused = side_by_side(log_ins.collect::<Vec<_>>()).await;
    let live = no_error(promise, sessions(&scenario).list(&alice).await);
    (live.len(), refused.into_iter().sum())
}

/// Those of nobody else, without the expired ones, the last active first.
pub async fn a_principal_sees_their_live_sessions(store: StoreUnderTest) {
    let promise = "the list has the live sessions of that principal, those used last first";
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
    let list = no_error(promise, sessions(&scenario).list(&principal("alice")).await);
    let listed: Vec<_> = list.iter().map(|summary| Some(summary.id)).collect();
    let expected = vec![laptop.request().id(), phone.request().id()];
    expect(promise, expected, listed);
    expect(promise, None, owner_of(promise, &expired).await);
}

/// A request that is under way cannot bring it back, whatever the order.
pub async fn a_revocation_beside_a_writer_ends_the_session(store: StoreUnderTest) {
    let promise = "a session that was revoked is dead at its next use, whatever runs beside";
    for action in [Action::Increment, Action::Renew, Action::Read] {
        for before in [true, false] {
            let mut scenario = Scenario::begin(promise, &store, |_| ()).await;
            request(promise, &mut scenario.browser, Action::LogIn("alice")).await;
            let mut session = scenario.load(promise).await;
            action.perform(promise, &mut session).await;
            let revoke = async || {
                let alice = principal("alice");
                let revoked = sessions(&scenario).revoke(&alice, scenario.id).await;
                expect(promise, true, no_error(promise, revoked));
            };
            let mut browser = scenario.browser.clone();
            if before {
                revoke().await;
                no_error(promise, browser.respond(session).await);
            } else {
                no_error(promise, browser.respond(session).await);
                revoke().await;
            }
            expect(promise, None, owner_of(promise, &browser).await);
            scenario.the_session_is_dead().await;
        }
    }
}

/// This one stays, and so do those of others.
pub async fn all_other_sessions_are_revoked(store: StoreUnderTest) {
    let promise = "a revocation of all others spares this session and those of other principals";
    let scenario = Scenario::begin(promise, &store, |_| ()).await;
    let this = logged_in(promise, &scenario, "alice").await;
    let other = logged_in(promise, &scenario, "alice").await;
    let bobs = logged_in(promise, &scenario, "bob").await;
    let revoked = sessions(&scenario).revoke_others(&this.request()).await;
    expect(promise, 1, no_error(promise, revoked));
    expect(
        promise,
        Some(principal("alice")),
        owner_of(promise, &this).await,
    );
    expect(promise, None, owner_of(promise, &other).await);
    expect(
        promise,
        Some(principal("bob")),
        owner_of(promise, &bobs).await,
    );
}

/// Those of nobody too.
pub async fn every_session_is_revoked(store: StoreUnderTest) {
    let promise = "a revocation of everything leaves no session";
    let scenario = Scenario::begin(promise, &store, |_| ()).await;
    let mut browsers = vec![scenario.browser.clone()];
    for owner in ["alice", "bob", "alice"] {
        browsers.push(logged_in(promise, &scenario, owner).await);
    }
    let revoked = sessions(&scenario).revoke_all_sessions().await;
    expect(promise, 4, no_error(promise, revoked));
    for browser in browsers {
        let session = browser.request();
        no_error(promise, session.force_load().await);
        expect(promise, None, session.id());
    }
}

fn sessions(scenario: &Scenario) -> SessionRegistry {
    SessionRegistry::new(&scenario.app.store, &scenario.app.policy)
}

/// A new browser in which that principal has logged in.
async fn logged_in(promise: &str, scenario: &Scenario, owner: &'static str) -> TestBrowser {
    let mut browser = scenario.app.browser();
    request(promise, &mut browser, Action::LogIn(owner)).await;
    scenario.app.clock.advance(MINUTE);
    browser
}

async fn request(promise: &str, browser: &mut TestBrowser, action: Action) {
    let mut session = browser.request();
    action.perform(promise, &mut session).await;
    no_error(promise, browser.respond(session).await);
}

async fn owner_of(promise: &str, browser: &TestBrowser) -> Option<Principal> {
    no_error(promise, browser.request().principal().await)
}
