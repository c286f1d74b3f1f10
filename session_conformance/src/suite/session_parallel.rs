//! Many parallel requests of one browser, from cookie to store.

use std::time::Duration;

use session::testing::{TestBrowser, set_cookie};
use session::{Session, StateKey};

use crate::expect::{broken, expect, no_error, require};
use crate::script::{Action, Scenario, Sent, Spy};
use crate::store::StoreUnderTest;
use crate::tasks::{cancel_after, in_parallel};

const CODE: StateKey<String> = StateKey::expiring("code", Duration::from_secs(600));

/// Checks that a hundred parallel increments of a counter add up to a hundred.
pub async fn a_hundred_parallel_updates_are_all_applied(store: StoreUnderTest) {
    let promise = "of 100 parallel updates of one key none is lost";
    let scenario = Scenario::begin(promise, &store, |_| ()).await;
    run_a_hundred_updates(promise, &scenario).await;
}

/// Checks the same over a slow store, where many requests load before one commits, and have to try
/// again.
pub async fn a_hundred_parallel_updates_of_a_slow_store_are_all_applied(store: StoreUnderTest) {
    let promise = "of 100 parallel updates of one key in a slow store none is lost";
    let scenario = Scenario::begin_with(promise, &store, Spy::slow(20), |_| ()).await;
    run_a_hundred_updates(promise, &scenario).await;
}

async fn run_a_hundred_updates(promise: &str, scenario: &Scenario) {
    let mut requests = Vec::new();
    for n in 0..100 {
        let browser = scenario.browser.clone();
        let session = browser.request();
        // Half of the requests load the same state before any of them commits.
        if n % 2 == 0 {
            no_error(promise, session.force_load().await);
        }
        requests.push(respond(promise, browser, session, Action::Increment));
    }
    let sent = in_parallel(requests).await;
    expect(promise, vec![Sent::Nothing; 100], sent);
    scenario.assert_state(r#"{"base":0,"n":100}"#).await;
}

/// Checks that thirty values under thirty keys are all kept.
pub async fn parallel_writes_of_different_keys_are_all_kept(store: StoreUnderTest) {
    const KEYS: [&str; 30] = [
        "00", "01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "11", "12", "13", "14",
        "15", "16", "17", "18", "19", "20", "21", "22", "23", "24", "25", "26", "27", "28", "29",
    ];
    let promise = "of 30 parallel inserts of different keys none is lost";
    let scenario = Scenario::begin(promise, &store, |_| ()).await;
    let requests = KEYS.map(|key| request(promise, &scenario, Action::Insert(key, 1)));
    let sent = in_parallel(requests).await;
    expect(promise, vec![Sent::Nothing; KEYS.len()], sent);
    let values = KEYS.map(|key| format!(r#""{key}":1,"#)).concat();
    scenario
        .assert_state(&format!(r#"{{{values}"base":0}}"#))
        .await;
}

/// Checks that a log-out among twenty writers ends the session, and that no request fails.
pub async fn a_log_out_among_writers_ends_the_session(store: StoreUnderTest) {
    let promise = "a session that was logged out among many writers stays dead";
    let scenario = Scenario::begin(promise, &store, |_| ()).await;
    let mut actions = [Action::Increment; 21];
    actions[10] = Action::LogOut;
    let requests = actions.map(|action| request(promise, &scenario, action));
    let sent = in_parallel(requests).await;
    expect(promise, Sent::Removal, sent[10]);
    let removals = sent.iter().filter(|sent| **sent == Sent::Removal).count();
    expect(promise, 1, removals);
    scenario.assert_session_is_dead().await;
}

/// Checks that one of twenty renewals succeeds, and that its cookie is valid.
pub async fn exactly_one_of_many_parallel_renewals_sends_a_cookie(store: StoreUnderTest) {
    let promise = "of many parallel renewals exactly one sends a cookie, which is valid";
    let mut scenario = Scenario::begin(promise, &store, |_| ()).await;
    let renewals = (0..20).map(|_| renew(promise, scenario.browser.clone()));
    let outcomes = in_parallel(renewals.collect::<Vec<_>>()).await;
    let mut renewed = outcomes.into_iter().flatten();
    let Some(winner) = renewed.next() else {
        broken(promise, "one cookie", "none");
    };
    expect(promise, 0, renewed.count());
    scenario.browser = winner;
    scenario.assert_signed_in().await;
    scenario.assert_first_cookie_is_dead().await;
}

/// Renews a session. Returns the browser if it receives a cookie.
fn renew(
    promise: &str,
    mut browser: TestBrowser,
) -> impl Future<Output = Option<TestBrowser>> + Send + use<> {
    let promise = promise.to_owned();
    async move {
        let mut session = browser.request();
        no_error(&promise, session.force_load().await);
        session.renew();
        let response = no_error(&promise, browser.respond(session).await);
        let sent = Sent::by(set_cookie(&response));
        (sent == Sent::Cookie).then_some(browser)
    }
}

/// Checks that of twenty requests that have all seen a value, one takes it.
pub async fn exactly_one_of_many_parallel_requests_takes_a_value(store: StoreUnderTest) {
    let promise = "of many parallel requests exactly one takes a value that expires";
    let mut scenario = Scenario::begin(promise, &store, |_| ()).await;
    let mut session = scenario.browser.request();
    no_error(promise, session.insert(CODE, "4711").await);
    scenario.commit(promise, session).await;
    let taken = in_parallel(twenty_takers(promise, &scenario).await).await;
    let taken: Vec<_> = taken.into_iter().flatten().collect();
    expect(promise, vec!["4711".to_owned()], taken);
    scenario.assert_state(r#"{"base":0}"#).await;
}

/// Returns requests that have loaded the same state.
async fn twenty_takers(
    promise: &str,
    scenario: &Scenario,
) -> Vec<impl Future<Output = Option<String>> + Send + use<>> {
    let mut requests = Vec::new();
    for _ in 0..20 {
        let browser = scenario.browser.clone();
        let session = browser.request();
        no_error(promise, session.force_load().await);
        requests.push(take(promise, browser, session));
    }
    requests
}

/// Takes the value, and sends the response.
fn take(
    promise: &str,
    mut browser: TestBrowser,
    mut session: Session,
) -> impl Future<Output = Option<String>> + Send + use<> {
    let promise = promise.to_owned();
    async move {
        let taken = no_error(&promise, session.take(CODE).await);
        no_error(&promise, browser.respond(session).await);
        taken
    }
}

/// Checks that a request which is dropped during its commit has written all its changes or none.
pub async fn a_cancelled_commit_writes_all_or_nothing(store: StoreUnderTest) {
    let promise = "a request that is cancelled during its commit writes all its changes or none";
    for yields in [0, 1, 2, 3, 5, 8, 20, 50, 100, 300, 1_000] {
        let scenario = Scenario::begin(promise, &store, |_| ()).await;
        let mut browser = scenario.browser.clone();
        let mut session = browser.request();
        Action::Insert("a", 1).perform(promise, &mut session).await;
        Action::Insert("b", 2).perform(promise, &mut session).await;
        _ = cancel_after(browser.respond(session), yields).await;
        let record = scenario.stored().await;
        let actual = record.as_ref().map(|record| record.state.as_json());
        let whole = [Some(r#"{"base":0}"#), Some(r#"{"a":1,"b":2,"base":0}"#)].contains(&actual);
        require(promise, whole, "both changes or none", &actual);
        scenario.assert_signed_in().await;
    }
}

/// Runs a whole request with the first cookie of the session.
fn request(
    promise: &str,
    scenario: &Scenario,
    action: Action,
) -> impl Future<Output = Sent> + Send + use<> {
    let browser = scenario.browser.clone();
    let session = browser.request();
    respond(promise, browser, session, action)
}

/// Runs the handler of a request and sends its response.
fn respond(
    promise: &str,
    mut browser: TestBrowser,
    mut session: Session,
    action: Action,
) -> impl Future<Output = Sent> + Send + use<> {
    let promise = promise.to_owned();
    async move {
        action.perform(&promise, &mut session).await;
        let response = no_error(&promise, browser.respond(session).await);
        Sent::by(set_cookie(&response))
    }
}
