//! Two requests of which one renews the secret: the old secret is invalid, and no user is logged
//! out.

use std::time::Duration;

use session::SessionConfig;

use crate::expect::{expect, no_error};
use crate::script::{Action, Expected, Order, Request, Scenario, Sent};
use crate::store::StoreUnderTest;

const HOUR: Duration = Duration::from_secs(60 * 60);

/// Checks that a writer with the old secret, if it is too late, writes nothing and sends no cookie
/// that would replace the new one.
pub async fn a_renewal_beside_a_writer_keeps_the_new_cookie(store: StoreUnderTest) {
    let promise = "after a renewal the old token is invalid and the new one is kept";
    beside_a_writer(promise, &store, Action::Renew).await;
}

/// Runs a request that replaces the token beside a writer, in each order.
pub(super) async fn beside_a_writer(promise: &str, store: &StoreUnderTest, renewal: Action) {
    let actions = [renewal, Action::Insert("b", 2)];
    for order in Order::all() {
        let mut scenario = Scenario::begin(promise, store, |_| ()).await;
        scenario
            .run(order, actions, expected_beside_a_writer(order))
            .await;
        let is_discarded = order.first() == Request::A && order.overlap();
        let state = match is_discarded {
            true => r#"{"base":0}"#,
            false => r#"{"b":2,"base":0}"#,
        };
        scenario.assert_state(state).await;
        scenario.assert_signed_in().await;
        scenario.assert_first_cookie_is_dead().await;
    }
}

fn expected_beside_a_writer(order: Order) -> [Expected; 2] {
    let renewal = Expected::signed_in(&["replace"], Sent::Cookie);
    let writer = Expected::signed_in(&["replace"], Sent::Nothing);
    let late_renewal = Expected::signed_in(&["replace: conflict", "load", "replace"], Sent::Cookie);
    let late_writer = Expected::signed_in(&["replace: conflict", "load"], Sent::Nothing);
    match (order.first(), order.overlap()) {
        (Request::A, true) => [renewal, late_writer],
        (Request::B, true) => [late_renewal, writer],
        (_, false) => [renewal, writer],
    }
}

/// Checks that of two renewals of one secret one succeeds, and that its cookie is kept.
pub async fn parallel_renewals_leave_a_valid_cookie(store: StoreUnderTest) {
    let promise = "after two renewals the browser has a valid cookie";
    let renewed = Expected::signed_in(&["replace"], Sent::Cookie);
    let late = Expected::signed_in(&["replace: conflict", "load"], Sent::Nothing);
    let actions = [Action::Renew, Action::Renew];
    for order in Order::all() {
        let second = if order.overlap() { late } else { renewed };
        let mut scenario = Scenario::begin(promise, &store, |_| ()).await;
        scenario
            .run(order, actions, order.arrange(renewed, second))
            .await;
        scenario.assert_signed_in().await;
        scenario.assert_first_cookie_is_dead().await;
        scenario.assert_state(r#"{"base":0}"#).await;
    }
}

/// Checks that the request which commits first renews the secret, that the other one receives the
/// new secret, and that both write.
pub async fn a_timed_renewal_beside_writers_loses_no_write(store: StoreUnderTest) {
    let first = Expected::signed_in(&["replace"], Sent::Cookie);
    let late = Expected::signed_in(&["replace: conflict", "load", "replace"], Sent::Cookie);
    let afterwards = Expected::signed_in(&["replace"], Sent::Nothing);
    for order in Order::all() {
        let second = if order.overlap() { late } else { afterwards };
        let expected = order.arrange(first, second);
        let actions = [Action::Insert("a", 1), Action::Insert("b", 2)];
        let scenario = timed_renewal(&store, order, actions, expected).await;
        scenario.assert_state(r#"{"a":1,"b":2,"base":0}"#).await;
    }
}

/// Checks that a request which only reads may renew the secret, or receive the new one.
pub async fn a_timed_renewal_beside_a_reader_loses_no_write(store: StoreUnderTest) {
    let actions = [Action::Read, Action::Insert("b", 2)];
    for order in Order::all() {
        let expected = expected_beside_a_reader(order);
        let scenario = timed_renewal(&store, order, actions, expected).await;
        scenario.assert_state(r#"{"b":2,"base":0}"#).await;
    }
}

fn expected_beside_a_reader(order: Order) -> [Expected; 2] {
    let first = Expected::signed_in(&["replace"], Sent::Cookie);
    let late_writer = Expected::signed_in(&["replace: conflict", "load", "replace"], Sent::Cookie);
    let late_reader = Expected::signed_in(&["replace: conflict", "load"], Sent::Cookie);
    match (order.first(), order.overlap()) {
        (Request::A, true) => [first, late_writer],
        (Request::A, false) => [first, Expected::signed_in(&["replace"], Sent::Nothing)],
        (Request::B, true) => [late_reader, first],
        (Request::B, false) => [Expected::signed_in(&[], Sent::Nothing), first],
    }
}

/// Runs two requests of a session whose secret is due for renewal.
async fn timed_renewal(
    store: &StoreUnderTest,
    order: Order,
    actions: [Action; 2],
    expected: [Expected; 2],
) -> Scenario {
    let promise = "a renewal on a timer logs no user out and loses no write";
    let configure = |config: &mut SessionConfig| config.state.renew_every = Some(HOUR);
    let mut scenario = Scenario::begin(promise, store, configure).await;
    scenario.app.clock.advance(2 * HOUR);
    scenario.run(order, actions, expected).await;
    scenario.assert_signed_in().await;
    assert_first_cookie_dies_after_the_grace_period(&scenario).await;
    scenario.assert_signed_in().await;
    scenario
}

async fn assert_first_cookie_dies_after_the_grace_period(scenario: &Scenario) {
    let session = scenario.first_browser.request();
    let base = no_error(&scenario.promise, session.get::<u64>("base").await);
    expect(&scenario.promise, Some(0), base);
    scenario.app.clock.advance(Duration::from_secs(31));
    scenario.assert_first_cookie_is_dead().await;
}
