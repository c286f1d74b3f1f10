//! Two requests one of which gets a new secret: the old one is dead, and nobody is logged out.

use std::time::Duration;

use crate::StoreUnderTest;
use crate::script::{Action, Expected, Order, Scenario, Sent, Who};

const HOUR: Duration = Duration::from_secs(60 * 60);

/// The writer's request came with a secret that is dead: if it is late, it is not written, and
/// sends no cookie that would displace the new one.
pub async fn a_renewal_beside_a_writer_keeps_its_cookie(store: StoreUnderTest) {
    let promise = "after a renewal the old token is dead, and the new one is kept";
    beside_a_writer(promise, &store, Action::Renew).await;
}

/// A request that replaces the token, with a writer in each order.
pub(super) async fn beside_a_writer(promise: &str, store: &StoreUnderTest, renewal: Action) {
    let actions = [renewal, Action::Insert("b", 2)];
    for order in Order::all() {
        let (renewal, writer) = match (order.first(), order.overlap()) {
            (Who::A, true) => (
                Expected::signed_in(&["replace"], Sent::Cookie),
                Expected::signed_in(&["replace: conflict", "load"], Sent::Nothing),
            ),
            (Who::B, true) => (
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
        let discarded = order.first() == Who::A && order.overlap();
        let state = if discarded {
            r#"{"base":0}"#
        } else {
            r#"{"b":2,"base":0}"#
        };
        scenario.state_is(state).await;
        scenario.browser_is_signed_in().await;
        scenario.the_first_cookie_is_dead().await;
    }
}

/// Only one of two renewals from one secret succeeds; its cookie is the one that stays.
pub async fn of_two_renewals_one_cookie_stays(store: StoreUnderTest) {
    let promise = "of two renewals the browser keeps a cookie that is good";
    let renewed = Expected::signed_in(&["replace"], Sent::Cookie);
    let late = Expected::signed_in(&["replace: conflict", "load"], Sent::Nothing);
    for order in Order::all() {
        let second = if order.overlap() { late } else { renewed };
        let expected = match order.first() {
            Who::A => [renewed, second],
            Who::B => [second, renewed],
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
        scenario.browser_is_signed_in().await;
        scenario.the_first_cookie_is_dead().await;
        scenario.state_is(r#"{"base":0}"#).await;
    }
}

/// The renewal falls to whoever commits first; the other one collects the new secret, and no
/// write is lost.
pub async fn a_timed_renewal_beside_writers_loses_nothing(store: StoreUnderTest) {
    let first = Expected::signed_in(&["replace"], Sent::Cookie);
    let late = Expected::signed_in(&["replace: conflict", "load", "replace"], Sent::Cookie);
    let afterwards = Expected::signed_in(&["replace"], Sent::Nothing);
    for order in Order::all() {
        let second = if order.overlap() { late } else { afterwards };
        let expected = match order.first() {
            Who::A => [first, second],
            Who::B => [second, first],
        };
        let actions = [Action::Insert("a", 1), Action::Insert("b", 2)];
        let scenario = timed_renewal(&store, order, actions, expected).await;
        scenario.state_is(r#"{"a":1,"b":2,"base":0}"#).await;
    }
}

/// A mere reader may be the one to renew, and may be the one to collect the new secret.
pub async fn a_timed_renewal_beside_a_reader_loses_nothing(store: StoreUnderTest) {
    for order in Order::all() {
        let first = Expected::signed_in(&["replace"], Sent::Cookie);
        let (reader, writer) = match (order.first(), order.overlap()) {
            (Who::A, true) => (
                first,
                Expected::signed_in(&["replace: conflict", "load", "replace"], Sent::Cookie),
            ),
            (Who::A, false) => (first, Expected::signed_in(&["replace"], Sent::Nothing)),
            (Who::B, true) => (
                Expected::signed_in(&["replace: conflict", "load"], Sent::Cookie),
                first,
            ),
            (Who::B, false) => (Expected::signed_in(&[], Sent::Nothing), first),
        };
        let actions = [Action::Read, Action::Insert("b", 2)];
        let scenario = timed_renewal(&store, order, actions, [reader, writer]).await;
        scenario.state_is(r#"{"b":2,"base":0}"#).await;
    }
}

/// Two requests of a session whose secret is due to be renewed.
async fn timed_renewal(
    store: &StoreUnderTest,
    order: Order,
    actions: [Action; 2],
    expected: [Expected; 2],
) -> Scenario {
    let promise = "a renewal on a timer logs nobody out and loses nothing";
    let mut scenario = Scenario::begin(promise, store, |config| {
        config.state.renew_every = Some(HOUR);
    })
    .await;
    scenario.app.clock.advance(2 * HOUR);
    scenario.run(order, actions, expected, Duration::ZERO).await;
    scenario.browser_is_signed_in().await;
    // The previous secret is good for the grace period, and no longer.
    let session = scenario.beginning.request();
    let base = session.get::<u64>("base").await;
    crate::expect::expect(
        &scenario.promise,
        Ok(Some(0)),
        base.map_err(|error| error.to_string()),
    );
    scenario.app.clock.advance(Duration::from_secs(31));
    scenario.the_first_cookie_is_dead().await;
    scenario.browser_is_signed_in().await;
    scenario
}
