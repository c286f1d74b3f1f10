//! Deadlines on the whole way from cookie to store.

use std::time::Duration;

use crate::StoreUnderTest;
use crate::expect::{expect, expect_record};
use crate::script::{Deed, Expected, Order, Scene, Sent, Step, Who};

const HOUR: Duration = Duration::from_secs(60 * 60);
const IDLE_TIMEOUT: Duration = Duration::from_secs(24 * 60 * 60);

/// Whoever extends the deadline, record and cookie agree on it.
pub async fn a_touch_beside_a_writer_agrees_with_the_cookie(store: StoreUnderTest) {
    let promise = "the cookie never promises more than the store keeps, and agrees in the end";
    for order in Order::all() {
        let (reader, writer) = match (order.first(), order.overlap()) {
            (_, true) => (
                Expected::signed_in(&["touch"], Sent::Cookie),
                Expected::signed_in(&["replace"], Sent::Cookie),
            ),
            (Who::A, false) => (
                Expected::signed_in(&["touch"], Sent::Cookie),
                Expected::signed_in(&["replace"], Sent::Nothing),
            ),
            (Who::B, false) => (
                Expected::signed_in(&[], Sent::Nothing),
                Expected::signed_in(&["replace"], Sent::Cookie),
            ),
        };
        let deeds = [Deed::Read, Deed::Insert("b", 2)];
        let mut scene = Scene::begin(promise, &store, |_| ()).await;
        scene.app.clock.advance(6 * HOUR);
        let pace = Duration::from_secs(1);
        scene.play(order, deeds, [reader, writer], pace).await;
        scene.state_is(r#"{"b":2,"base":0}"#).await;
        scene.the_deadlines_agree().await;
    }
}

/// Two extensions agree on the later one.
pub async fn two_touches_agree_with_the_cookie(store: StoreUnderTest) {
    let promise = "of two extensions the later one counts, for record and cookie";
    let touch = Expected::signed_in(&["touch"], Sent::Cookie);
    let no_touch = Expected::signed_in(&[], Sent::Nothing);
    for order in Order::all() {
        let second = if order.overlap() { touch } else { no_touch };
        let expected = match order.first() {
            Who::A => [touch, second],
            Who::B => [second, touch],
        };
        let mut scene = Scene::begin(promise, &store, |_| ()).await;
        scene.app.clock.advance(6 * HOUR);
        let pace = Duration::from_secs(1);
        scene
            .play(order, [Deed::Read, Deed::Read], expected, pace)
            .await;
        scene.the_deadlines_agree().await;
    }
}

/// A writer whose session expires before it commits: nothing is written, and no cookie is sent.
pub async fn expiry_during_a_writing_handler_discards(store: StoreUnderTest) {
    expiry_during(&store, [Deed::Insert("a", 1), Deed::Insert("b", 2)]).await;
}

/// A renewal whose session expires before it commits: there is nothing to renew.
pub async fn expiry_during_a_renewal_discards(store: StoreUnderTest) {
    expiry_during(&store, [Deed::Renew, Deed::Renew]).await;
}

/// A reader whose session expires before it commits: the deadline is not moved.
pub async fn expiry_during_a_reading_handler_extends_nothing(store: StoreUnderTest) {
    expiry_during(&store, [Deed::Read, Deed::Insert("b", 2)]).await;
}

/// Lets the deadline pass before each of the steps, in every order.
async fn expiry_during(store: &StoreUnderTest, deeds: [Deed; 2]) {
    for order in Order::all() {
        for expiry in 0..=6 {
            let promise = "a session that expires while a request is under way stays expired";
            let mut scene = Scene::begin(promise, store, |_| ()).await;
            scene.promise =
                format!("{promise} [{deeds:?}: {order:?}; expiry before step {expiry}]");
            play_with_expiry(&mut scene, order, deeds, expiry).await;
            scene.the_first_cookie_is_dead().await;
        }
    }
}

async fn play_with_expiry(scene: &mut Scene, order: Order, deeds: [Deed; 2], expiry: usize) {
    let promise = scene.promise.clone();
    let mut sessions = [None, None];
    let mut at_expiry = None;
    for (n, (who, step)) in order.steps().enumerate() {
        if n == expiry {
            // The deadline itself is the first moment that is too late.
            scene.app.clock.advance(IDLE_TIMEOUT);
            at_expiry = scene.stored().await;
        }
        let me = who as usize;
        match step {
            Step::Load => sessions[me] = Some((n, scene.load(&promise).await)),
            Step::Change => {
                let (_, session) = sessions[me].as_mut().expect("it was loaded before");
                deeds[me].perform(&promise, session).await;
            }
            Step::Commit => {
                let (loaded, session) = sessions[me].take().expect("it was loaded before");
                let sent = scene.commit(&promise, session).await;
                if loaded < expiry && expiry <= n {
                    expect(&promise, Sent::Nothing, sent);
                }
            }
        }
        if n >= expiry {
            // A store may have removed the record; but it may not be another one.
            let came = scene.stored().await;
            let expected = came.as_ref().and(at_expiry.as_ref());
            expect_record(&promise, expected, came.as_ref());
        }
    }
    if expiry == 6 {
        scene.app.clock.advance(IDLE_TIMEOUT);
    }
}

/// Another request extended the session: it has not expired when the slow one commits.
pub async fn a_slow_writer_of_an_extended_session_writes(store: StoreUnderTest) {
    let promise = "a write is kept if the session was extended while its request was under way";
    let mut scene = Scene::begin(promise, &store, |_| ()).await;
    scene.app.clock.advance(23 * HOUR);
    let mut slow = scene.load(promise).await;
    Deed::Insert("a", 1).perform(promise, &mut slow).await;
    let reader = scene.load(promise).await;
    expect(promise, Sent::Cookie, scene.commit(promise, reader).await);
    scene.app.clock.advance(2 * HOUR);
    scene.commit(promise, slow).await;
    scene.state_is(r#"{"a":1,"base":0}"#).await;
    scene.browser_is_signed_in().await;
}
