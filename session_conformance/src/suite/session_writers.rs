//! Two requests that write, on the whole way from cookie to store: no write is lost.

use std::time::Duration;

use crate::StoreUnderTest;
use crate::script::{Deed, Expected, Order, Scene, Sent, Who};

/// Changes to different keys are merged, in every order.
pub async fn two_writers_of_different_keys_both_write(store: StoreUnderTest) {
    let deeds = [Deed::Insert("a", 1), Deed::Insert("b", 2)];
    for order in Order::all() {
        let scene = both_write(&store, order, deeds).await;
        scene.state_is(r#"{"a":1,"b":2,"base":0}"#).await;
    }
}

/// Updates of one key are repeated on what the other request left, in every order.
pub async fn two_updates_of_one_key_both_count(store: StoreUnderTest) {
    for order in Order::all() {
        let scene = both_write(&store, order, [Deed::Increment, Deed::Increment]).await;
        scene.state_is(r#"{"base":0,"n":2}"#).await;
    }
}

/// Of two inserts of one key the one that commits later stays.
pub async fn of_two_inserts_of_one_key_the_later_stays(store: StoreUnderTest) {
    let deeds = [Deed::Insert("k", 1), Deed::Insert("k", 2)];
    for order in Order::all() {
        let scene = both_write(&store, order, deeds).await;
        let later = match order.first() {
            Who::A => r#"{"base":0,"k":2}"#,
            Who::B => r#"{"base":0,"k":1}"#,
        };
        scene.state_is(later).await;
    }
}

/// A reader neither disturbs a writer nor costs a store operation beyond its load.
pub async fn a_reader_does_not_disturb_a_writer(store: StoreUnderTest) {
    let deeds = [Deed::Read, Deed::Insert("b", 2)];
    let expected = [
        Expected::signed_in(&[], Sent::Nothing),
        Expected::signed_in(&["replace"], Sent::Nothing),
    ];
    for order in Order::all() {
        let promise = "a reader and a writer of one session do not disturb each other";
        let mut scene = Scene::begin(promise, &store, |_| ()).await;
        scene.play(order, deeds, expected, Duration::ZERO).await;
        scene.state_is(r#"{"b":2,"base":0}"#).await;
    }
}

/// The second to commit repeats its changes if it had loaded before the first one committed.
async fn both_write(store: &StoreUnderTest, order: Order, deeds: [Deed; 2]) -> Scene {
    let promise = "of two writers of one session neither loses a write";
    let once = Expected::signed_in(&["replace"], Sent::Nothing);
    let again = Expected::signed_in(&["replace: conflict", "load", "replace"], Sent::Nothing);
    let second = if order.overlap() { again } else { once };
    let expected = match order.first() {
        Who::A => [once, second],
        Who::B => [second, once],
    };
    let mut scene = Scene::begin(promise, store, |_| ()).await;
    scene.play(order, deeds, expected, Duration::ZERO).await;
    scene.browser_is_signed_in().await;
    scene
}
