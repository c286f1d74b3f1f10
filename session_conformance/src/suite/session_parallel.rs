//! Many requests of one browser at once, on the whole way from cookie to store.

use session::Session;
use session::testing::{TestBrowser, set_cookie};

use crate::StoreUnderTest;
use crate::expect::{expect, require};
use crate::script::{Action, Scenario, Sent, Spy, no_error};
use crate::tasks::{cut_short, side_by_side};

/// A hundred increments of one counter are a hundred.
pub async fn a_hundred_updates_count_a_hundred(store: StoreUnderTest) {
    let promise = "of 100 parallel `update` of one key none is lost";
    let scenario = Scenario::begin(promise, &store, |_| ()).await;
    a_hundred_updates(promise, &scenario).await;
}

/// The same over a distant store, where many have read before one writes: so some have to try again
/// and again.
pub async fn a_hundred_updates_of_a_distant_store_count_a_hundred(store: StoreUnderTest) {
    let promise = "of 100 parallel `update` of one key in a distant store none is lost";
    let spy = Spy::new(&store).delayed(20);
    let scenario = Scenario::begin_with(promise, &store, spy, |_| ()).await;
    a_hundred_updates(promise, &scenario).await;
}

async fn a_hundred_updates(promise: &str, scenario: &Scenario) {
    let mut requests = Vec::new();
    for n in 0..100 {
        let session = scenario.browser.request();
        // Half of them have loaded the same state before any of them commits.
        if n % 2 == 0 {
            no_error(promise, session.force_load().await);
        }
        requests.push(respond(
            promise,
            scenario.browser.clone(),
            session,
            Action::Increment,
        ));
    }
    let sent = side_by_side(requests).await;
    expect(promise, vec![Sent::Nothing; 100], sent);
    scenario.state_is(r#"{"base":0,"n":100}"#).await;
}

/// Thirty values under thirty keys are all there.
pub async fn parallel_writes_of_different_keys_are_all_kept(store: StoreUnderTest) {
    const KEYS: [&str; 30] = [
        "00", "01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "11", "12", "13", "14",
        "15", "16", "17", "18", "19", "20", "21", "22", "23", "24", "25", "26", "27", "28", "29",
    ];
    let promise = "of 30 parallel `insert` of different keys none is lost";
    let scenario = Scenario::begin(promise, &store, |_| ()).await;
    let requests = KEYS.map(|key| request(promise, &scenario, Action::Insert(key, 1)));
    let sent = side_by_side(requests).await;
    expect(promise, vec![Sent::Nothing; KEYS.len()], sent);
    let values = KEYS.map(|key| format!(r#""{key}":1,"#)).concat();
    scenario.state_is(&format!(r#"{{{values}"base":0}}"#)).await;
}

/// A log-out among writers ends the session, without an error for anybody.
pub async fn a_log_out_among_writers_ends_the_session(store: StoreUnderTest) {
    let promise = "a session that was logged out among many writers is dead for ever";
    let scenario = Scenario::begin(promise, &store, |_| ()).await;
    let mut requests = Vec::new();
    for n in 0..20 {
        if n == 10 {
            requests.push(request(promise, &scenario, Action::LogOut));
        }
        requests.push(request(promise, &scenario, Action::Increment));
    }
    let sent = side_by_side(requests).await;
    expect(promise, Sent::Removal, sent[10]);
    let removals = sent.iter().filter(|sent| **sent == Sent::Removal).count();
    expect(promise, 1, removals);
    scenario.the_session_is_dead().await;
}

/// Of many renewals one succeeds, and its cookie is good.
pub async fn of_many_renewals_one_cookie_is_sent(store: StoreUnderTest) {
    let promise = "of many parallel renewals the cookies that are sent stay good in turn";
    let scenario = Scenario::begin(promise, &store, |_| ()).await;
    let renewals = (0..20).map(|_| {
        let (mut browser, promise) = (scenario.browser.clone(), promise.to_owned());
        async move {
            let mut session = browser.request();
            no_error(&promise, session.force_load().await);
            session.renew();
            let response = no_error(&promise, browser.respond(session).await);
            (Sent::by(set_cookie(&response)), browser)
        }
    });
    let outcomes = side_by_side(renewals.collect::<Vec<_>>()).await;
    let mut renewed = outcomes.iter().filter(|(sent, _)| *sent == Sent::Cookie);
    let winner = renewed.next().map(|(_, browser)| browser.clone());
    expect(promise, 0, renewed.count());
    let winner = winner.unwrap_or_else(|| crate::expect::broken(promise, "one cookie", "none"));
    let id = winner.request().id();
    expect(promise, Some(scenario.id), id);
    let base = no_error(promise, winner.request().get::<u64>("base").await);
    expect(promise, Some(0), base);
    scenario.the_first_cookie_is_dead().await;
}

/// A client that hangs up during the commit leaves a state before or after it.
pub async fn a_commit_cut_short_is_whole_or_absent(store: StoreUnderTest) {
    let promise = "a request that is dropped during its commit has written all or nothing";
    for turns in [0, 1, 2, 3, 5, 8, 20, 50, 100, 300, 1_000] {
        let scenario = Scenario::begin(promise, &store, |_| ()).await;
        let mut browser = scenario.browser.clone();
        let mut session = browser.request();
        Action::Insert("a", 1).perform(promise, &mut session).await;
        Action::Insert("b", 2).perform(promise, &mut session).await;
        _ = cut_short(browser.respond(session), turns).await;
        let record = scenario.stored().await;
        let actual = record.as_ref().map(|record| record.state.as_json());
        let whole = [Some(r#"{"base":0}"#), Some(r#"{"a":1,"b":2,"base":0}"#)].contains(&actual);
        require(promise, whole, "both changes or none", &actual);
        scenario.browser_is_signed_in().await;
    }
}

/// A whole request, with the cookie that the browser had in the beginning.
fn request(
    promise: &str,
    scenario: &Scenario,
    action: Action,
) -> impl Future<Output = Sent> + Send + use<> {
    let browser = scenario.browser.clone();
    let session = browser.request();
    respond(promise, browser, session, action)
}

/// The handler and the response of a request.
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
