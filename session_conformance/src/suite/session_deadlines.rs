//! Deadlines on the whole way from cookie to store.

use std::time::Duration;

use crate::StoreUnderTest;
use crate::expect::{expect, expect_record};
use crate::script::{Action, Expected, Order, Scenario, Sent, Step, Who};

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
        let actions = [Action::Read, Action::Insert("b", 2)];
        let mut scenario = Scenario::begin(promise, &store, |_| ()).await;
        scenario.app.clock.advance(6 * HOUR);
        let pace = Duration::from_secs(1);
        scenario.run(order, actions, [reader, writer], pace).await;
        scenario.state_is(r#"{"b":2,"base":0}"#).await;
        scenario.the_deadlines_agree().await;
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
        let mut scenario = Scenario::begin(promise, &store, |_| ()).await;
        scenario.app.clock.advance(6 * HOUR);
        let pace = Duration::from_secs(1);
        scenario
            .run(order, [Action::Read, Action::Read], expected, pace)
            .await;
        scenario.the_deadlines_agree().await;
    }
}

/// A writer whose session expires before it commits: nothing is written, and no cookie is sent.
pub async fn expiry_during_a_writing_handler_discards(store: StoreUnderTest) {
    expiry_during(&store, [Action::Insert("a", 1), Action::Insert("b", 2)]).await;
}

/// A renewal whose session expires before it commits: there is nothing to renew.
pub async fn expiry_during_a_renewal_discards(store: StoreUnderTest) {
    expiry_during(&store, [Action::Renew, Action::Renew]).await;
}

/// A reader whose session expires before it commits: the deadline is not moved.
pub async fn expiry_during_a_reading_handler_extends_nothing(store: StoreUnderTest) {
    expiry_during(&store, [Action::Read, Action::Insert("b", 2)]).await;
}

/// Lets the deadline pass before each of the steps, in every order.
async fn expiry_during(store: &StoreUnderTest, actions: [Action; 2]) {
    for order in Order::all() {
        for expiry in 0..=6 {
            let promise = "a session that expires while a request is under way stays expired";
            let mut scenario = Scenario::begin(promise, store, |_| ()).await;
            scenario.promise =
                format!("{promise} [{actions:?}: {order:?}; expiry before step {expiry}]");
            run_with_expiry(&mut scenario, order, actions, expiry).await;
            scenario.the_first_cookie_is_dead().await;
        }
    }
}

async fn run_with_expiry(
    scenario: &mut Scenario,
    order: Order,
    actions: [Action; 2],
    expiry: usize,
) {
    let promise = scenario.promise.clone();
    let mut sessions = [None, None];
    let mut at_expiry = None;
    for (n, (who, step)) in order.steps().enumerate() {
        if n == expiry {
            // The deadline itself is the first moment that is too late.
            scenario.app.clock.advance(IDLE_TIMEOUT);
            at_expiry = scenario.stored().await;
        }
        let me = who as usize;
        match step {
            Step::Load => sessions[me] = Some((n, scenario.load(&promise).await)),
            Step::Change => {
                let (_, session) = sessions[me].as_mut().expect("it was loaded before");
                actions[me].perform(&promise, session).await;
            }
            Step::Commit => {
                let (loaded, session) = sessions[me].take().expect("it was loaded before");
                let sent = scenario.commit(&promise, session).await;
                if loaded < expiry && expiry <= n {
                    expect(&promise, Sent::Nothing, sent);
                }
            }
        }
        if n >= expiry {
            // A store may have removed the record; but it may not be another one.
            let actual = scenario.stored().await;
            let expected = actual.as_ref().and(at_expiry.as_ref());
            expect_record(&promise, expected, actual.as_ref());
        }
    }
    if expiry == 6 {
        scenario.app.clock.advance(IDLE_TIMEOUT);
    }
}

/// Another request extended the session: it has not expired when the slow one commits.
pub async fn a_slow_writer_of_an_extended_session_writes(store: StoreUnderTest) {
    let promise = "a write is kept if the session was extended while its request was under way";
    let mut scenario = Scenario::begin(promise, &store, |_| ()).await;
    scenario.app.clock.advance(23 * HOUR);
    let mut slow = scenario.load(promise).await;
    Action::Insert("a", 1).perform(promise, &mut slow).await;
    let reader = scenario.load(promise).await;
    expect(
        promise,
        Sent::Cookie,
        scenario.commit(promise, reader).await,
    );
    scenario.app.clock.advance(2 * HOUR);
    scenario.commit(promise, slow).await;
    scenario.state_is(r#"{"a":1,"base":0}"#).await;
    scenario.browser_is_signed_in().await;
}
