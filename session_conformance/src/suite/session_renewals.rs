//! Two requests of which one renews the secret: the old secret is invalid, and no user is logged
//! out.

use std::time::Duration;

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
        let (renewal, writer) = match (order.first(), order.overlap()) {
            (Request::A, true) => (
                Expected::signed_in(&["replace"], Sent::Cookie),
                Expected::signed_in(&["replace: conflict", "load"], Sent::Nothing),
            ),
            (Request::B, true) => (
                Expected::signed_in(&["replace: conflict", "load", "replace"], Sent::Cookie),
                Expected::signed_in(&["replace"], Sent::Nothing),
            ),
            (_, false) => (
                Expected::signed_in(&["replace"], Sent::Cookie),
                Expected::signed_in(&["replace"], Sent::Nothing),
            ),
        };
        let mut scenario = Scenario::begin(promise, store, |_| ()).await;
        scenario
            .run(order, actions, [renewal, writer], Duration::ZERO)
            .await;
        let discarded = order.first() == Request::A && order.overlap();
        let state = if discarded {
            r#"{"base":0}"#
        } else {
            r#"{"b":2,"base":0}"#
        };
        scenario.assert_state(state).await;
        scenario.assert_signed_in().await;
        scenario.assert_first_cookie_is_dead().await;
    }
}

/// Checks that of two renewals of one secret one succeeds, and that its cookie is kept.
pub async fn parallel_renewals_leave_a_valid_cookie(store: StoreUnderTest) {
    let promise = "after two renewals the browser has a valid cookie";
    let renewed = Expected::signed_in(&["replace"], Sent::Cookie);
    let late = Expected::signed_in(&["replace: conflict", "load"], Sent::Nothing);
    for order in Order::all() {
        let second = if order.overlap() { late } else { renewed };
        let expected = match order.first() {
            Request::A => [renewed, second],
            Request::B => [second, renewed],
        };
        let mut scenario = Scenario::begin(promise, &store, |_| ()).await;
        scenario
            .run(
                order,
                [Action::Renew, Action::Renew],
                expected,
                Duration::ZERO,
            )
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
        let expected = match order.first() {
            Request::A => [first, second],
            Request::B => [second, first],
        };
        let actions = [Action::Insert("a", 1), Action::Insert("b", 2)];
        let scenario = timed_renewal(&store, order, actions, expected).await;
        scenario.assert_state(r#"{"a":1,"b":2,"base":0}"#).await;
    }
}

/// Checks that a request which only reads may renew the secret, or receive the new one.
pub async fn a_timed_renewal_beside_a_reader_loses_no_write(store: StoreUnderTest) {
    for order in Order::all() {
        let first = Expected::signed_in(&["replace"], Sent::Cookie);
        let (reader, writer) = match (order.first(), order.overlap()) {
            (Request::A, true) => (
                first,
                Expected::signed_in(&["replace: conflict", "load", "replace"], Sent::Cookie),
            ),
            (Request::A, false) => (first, Expected::signed_in(&["replace"], Sent::Nothing)),
            (Request::B, true) => (
                Expected::signed_in(&["replace: conflict", "load"], Sent::Cookie),
                first,
            ),
            (Request::B, false) => (Expected::signed_in(&[], Sent::Nothing), first),
        };
        let actions = [Action::Read, Action::Insert("b", 2)];
        let scenario = timed_renewal(&store, order, actions, [reader, writer]).await;
        scenario.assert_state(r#"{"b":2,"base":0}"#).await;
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
    let mut scenario = Scenario::begin(promise, store, |config| {
        config.state.renew_every = Some(HOUR);
    })
    .await;
    scenario.app.clock.advance(2 * HOUR);
    scenario.run(order, actions, expected, Duration::ZERO).await;
    scenario.assert_signed_in().await;
    // The previous secret is valid for the grace period, and not longer.
    let session = scenario.first_browser.request();
    let base = session.get::<u64>("base").await;
    crate::expect::expect(
        &scenario.promise,
        Ok(Some(0)),
        base.map_err(|error| error.to_string()),
    );
    scenario.app.clock.advance(Duration::from_secs(31));
    scenario.assert_first_cookie_is_dead().await;
    scenario.assert_signed_in().await;
    scenario
}
