//! Two requests that write, on the whole way from cookie to store: no write is lost.

use std::time::Duration;

use crate::StoreUnderTest;
use crate::script::{Action, Expected, Order, Scenario, Sent, Who};

/// Changes to different keys are merged, in every order.
pub async fn two_writers_of_different_keys_both_write(store: StoreUnderTest) {
    let actions = [Action::Insert("a", 1), Action::Insert("b", 2)];
    for order in Order::all() {
        let scenario = both_write(&store, order, actions).await;
        scenario.state_is(r#"{"a":1,"b":2,"base":0}"#).await;
    }
}

/// Updates of one key are repeated on what the other request left, in every order.
pub async fn two_updates_of_one_key_both_count(store: StoreUnderTest) {
    for order in Order::all() {
        let scenario = both_write(&store, order, [Action::Increment, Action::Increment]).await;
        scenario.state_is(r#"{"base":0,"n":2}"#).await;
    }
}

/// Of two inserts of one key the one that commits later stays.
pub async fn of_two_inserts_of_one_key_the_later_stays(store: StoreUnderTest) {
    let actions = [Action::Insert("k", 1), Action::Insert("k", 2)];
    for order in Order::all() {
        let scenario = both_write(&store, order, actions).await;
        let later = match order.first() {
            Who::A => r#"{"base":0,"k":2}"#,
            Who::B => r#"{"base":0,"k":1}"#,
        };
        scenario.state_is(later).await;
    }
}

/// A reader neither disturbs a writer nor costs a store operation beyond its load.
pub async fn a_reader_does_not_disturb_a_writer(store: StoreUnderTest) {
    let actions = [Action::Read, Action::Insert("b", 2)];
    let expected = [
        Expected::signed_in(&[], Sent::Nothing),
        Expected::signed_in(&["replace"], Sent::Nothing),
    ];
    for order in Order::all() {
        let promise = "a reader and a writer of one session do not disturb each other";
        let mut scenario = Scenario::begin(promise, &store, |_| ()).await;
        scenario.run(order, actions, expected, Duration::ZERO).await;
        scenario.state_is(r#"{"b":2,"base":0}"#).await;
    }
}

/// The second to commit repeats its changes if it had loaded before the first one committed.
async fn both_write(store: &StoreUnderTest, order: Order, actions: [Action; 2]) -> Scenario {
    let promise = "of two writers of one session neither loses a write";
    let once = Expected::signed_in(&["replace"], Sent::Nothing);
    let again = Expected::signed_in(&["replace: conflict", "load", "replace"], Sent::Nothing);
    let second = if order.overlap() { again } else { once };
    let expected = match order.first() {
        Who::A => [once, second],
        Who::B => [second, once],
    };
    let mut scenario = Scenario::begin(promise, store, |_| ()).await;
    scenario.run(order, actions, expected, Duration::ZERO).await;
    scenario.browser_is_signed_in().await;
    scenario
}
