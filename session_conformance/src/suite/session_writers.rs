//! Two requests that write, from cookie to store: no write is lost.

use crate::script::{Action, Expected, Order, Request, Scenario, Sent};
use crate::store::StoreUnderTest;

/// Checks that changes to different keys are merged, in every order of steps.
pub async fn parallel_writes_of_two_keys_are_both_kept(store: StoreUnderTest) {
    let actions = [Action::Insert("a", 1), Action::Insert("b", 2)];
    for order in Order::all() {
        let scenario = both_write(&store, order, actions).await;
        scenario.assert_state(r#"{"a":1,"b":2,"base":0}"#).await;
    }
}

/// Checks that an update of one key is repeated on the value that the other request left, in every
/// order of steps.
pub async fn parallel_updates_of_one_key_are_both_applied(store: StoreUnderTest) {
    for order in Order::all() {
        let scenario = both_write(&store, order, [Action::Increment, Action::Increment]).await;
        scenario.assert_state(r#"{"base":0,"n":2}"#).await;
    }
}

/// Checks that of two inserts of one key the one that commits later is kept.
pub async fn the_later_of_two_inserts_of_one_key_is_kept(store: StoreUnderTest) {
    let actions = [Action::Insert("k", 1), Action::Insert("k", 2)];
    for order in Order::all() {
        let scenario = both_write(&store, order, actions).await;
        let later = match order.first() {
            Request::A => r#"{"base":0,"k":2}"#,
            Request::B => r#"{"base":0,"k":1}"#,
        };
        scenario.assert_state(later).await;
    }
}

/// Checks that a reader does not make a writer conflict, and costs no store operation beyond its
/// load.
pub async fn a_reader_does_not_affect_a_writer(store: StoreUnderTest) {
    let actions = [Action::Read, Action::Insert("b", 2)];
    let expected = [
        Expected::signed_in(&[], Sent::Nothing),
        Expected::signed_in(&["replace"], Sent::Nothing),
    ];
    for order in Order::all() {
        let promise = "a reader and a writer of one session do not affect each other";
        let mut scenario = Scenario::begin(promise, &store, |_| ()).await;
        scenario.run(order, actions, expected).await;
        scenario.assert_state(r#"{"b":2,"base":0}"#).await;
    }
}

/// Runs two writers; the second to commit repeats its changes if it loaded before the first commit.
async fn both_write(store: &StoreUnderTest, order: Order, actions: [Action; 2]) -> Scenario {
    let promise = "two writers of one session lose no write";
    let once = Expected::signed_in(&["replace"], Sent::Nothing);
    let again = Expected::signed_in(&["replace: conflict", "load", "replace"], Sent::Nothing);
    let second = if order.overlap() { again } else { once };
    let expected = order.arrange(once, second);
    let mut scenario = Scenario::begin(promise, store, |_| ()).await;
    scenario.run(order, actions, expected).await;
    scenario.assert_signed_in().await;
    scenario
}
