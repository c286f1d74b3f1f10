//! Deadlines, from cookie to store.

use std::sync::Arc;
use std::time::Duration;

use session::store::SessionRecord;

use crate::expect::{expect, expect_record};
use crate::script::{Action, Expected, Order, Request, Scenario, Sent, Step};
use crate::store::StoreUnderTest;

const HOUR: Duration = Duration::from_secs(60 * 60);
const IDLE_TIMEOUT: Duration = Duration::from_secs(24 * 60 * 60);

/// Checks that record and cookie have the same deadline, whichever request extends it.
pub async fn record_and_cookie_agree_after_a_touch_beside_a_writer(store: StoreUnderTest) {
    let promise = "the cookie never outlives the record, and both deadlines agree in the end";
    let actions = [Action::Read, Action::Insert("b", 2)];
    for order in Order::all() {
        let expected = expected_beside_a_writer(order);
        let scenario = run_after_six_hours(promise, &store, order, actions, expected).await;
        scenario.assert_state(r#"{"b":2,"base":0}"#).await;
    }
}

fn expected_beside_a_writer(order: Order) -> [Expected; 2] {
    let touch = Expected::signed_in(&["touch"], Sent::Cookie);
    let no_touch = Expected::signed_in(&[], Sent::Nothing);
    let extending_write = Expected::signed_in(&["replace"], Sent::Cookie);
    let write = Expected::signed_in(&["replace"], Sent::Nothing);
    match (order.first(), order.overlap()) {
        (_, true) => [touch, extending_write],
        (Request::A, false) => [touch, write],
        (Request::B, false) => [no_touch, extending_write],
    }
}

/// Checks that record and cookie have the later of two deadlines.
pub async fn record_and_cookie_agree_after_two_touches(store: StoreUnderTest) {
    let promise = "of two extensions the later one is kept, in record and cookie";
    let touch = Expected::signed_in(&["touch"], Sent::Cookie);
    let no_touch = Expected::signed_in(&[], Sent::Nothing);
    let actions = [Action::Read, Action::Read];
    for order in Order::all() {
        let second = if order.overlap() { touch } else { no_touch };
        let expected = order.arrange(touch, second);
        run_after_six_hours(promise, &store, order, actions, expected).await;
    }
}

/// Runs two requests, a second between their steps, when the deadline is due for an extension.
async fn run_after_six_hours(
    promise: &str,
    store: &StoreUnderTest,
    order: Order,
    actions: [Action; 2],
    expected: [Expected; 2],
) -> Scenario {
    let mut scenario = Scenario::begin(promise, store, |_| ()).await;
    scenario.app.clock.advance(6 * HOUR);
    scenario.pace = Duration::from_secs(1);
    scenario.run(order, actions, expected).await;
    scenario.assert_deadlines_agree().await;
    scenario
}

/// Checks that nothing is written and no cookie is sent if the session expires before the commit.
pub async fn a_write_is_discarded_if_the_session_expires_meanwhile(store: StoreUnderTest) {
    expiry_during(&store, [Action::Insert("a", 1), Action::Insert("b", 2)]).await;
}

/// Checks that an expired session is not renewed.
pub async fn a_renewal_is_discarded_if_the_session_expires_meanwhile(store: StoreUnderTest) {
    expiry_during(&store, [Action::Renew, Action::Renew]).await;
}

/// Checks that the deadline of a session which expires before the commit is not moved.
pub async fn a_read_does_not_extend_a_session_that_expires_meanwhile(store: StoreUnderTest) {
    expiry_during(&store, [Action::Read, Action::Insert("b", 2)]).await;
}

/// Lets the deadline pass before each of the steps, in every order.
async fn expiry_during(store: &StoreUnderTest, actions: [Action; 2]) {
    for order in Order::all() {
        for expiry in 0..=6 {
            let promise = "a session that expires during a request stays expired";
            let mut scenario = Scenario::begin(promise, store, |_| ()).await;
            scenario.promise =
                format!("{promise} [{actions:?}: {order:?}; expiry before step {expiry}]");
            run_with_expiry(&mut scenario, order, actions, expiry).await;
            scenario.assert_first_cookie_is_dead().await;
        }
    }
}

/// Runs two requests; the session expires before the step with the number `expiry`.
async fn run_with_expiry(
    scenario: &mut Scenario,
    order: Order,
    actions: [Action; 2],
    expiry: usize,
) {
    let promise = scenario.promise.clone();
    let mut sessions = [None, None];
    let mut loaded_at = [0, 0];
    let mut at_expiry = None;
    for (n, (request, step)) in order.steps().enumerate() {
        if n == expiry {
            at_expiry = expire(scenario).await;
        }
        let i = request as usize;
        if step == Step::Load {
            loaded_at[i] = n;
        }
        let sent = scenario.perform_step(&promise, step, &mut sessions[i], actions[i]);
        let sent = sent.await;
        if sent.is_some() && loaded_at[i] < expiry && expiry <= n {
            expect(&promise, Some(Sent::Nothing), sent);
        }
        if n >= expiry {
            assert_unchanged_or_removed(scenario, at_expiry.as_ref()).await;
        }
    }
    if expiry == 6 {
        expire(scenario).await;
    }
}

/// Requires that the stored record is the given one, or that the store has removed it.
async fn assert_unchanged_or_removed(scenario: &Scenario, record: Option<&Arc<SessionRecord>>) {
    let actual = scenario.stored().await;
    let expected = actual.as_ref().and(record);
    expect_record(&scenario.promise, expected, actual.as_ref());
}

/// Advances the clock to the deadline, at which a session is expired. Returns the record.
async fn expire(scenario: &Scenario) -> Option<Arc<SessionRecord>> {
    scenario.app.clock.advance(IDLE_TIMEOUT);
    scenario.stored().await
}

/// Checks that a slow request writes if another request extended the session meanwhile.
pub async fn a_slow_writer_of_an_extended_session_is_not_discarded(store: StoreUnderTest) {
    let promise = "a write is kept if the session was extended during its request";
    let mut scenario = Scenario::begin(promise, &store, |_| ()).await;
    scenario.app.clock.advance(23 * HOUR);
    let mut slow = scenario.load(promise).await;
    Action::Insert("a", 1).perform(promise, &mut slow).await;
    let reader = scenario.load(promise).await;
    let sent = scenario.commit(promise, reader).await;
    expect(promise, Sent::Cookie, sent);
    scenario.app.clock.advance(2 * HOUR);
    scenario.commit(promise, slow).await;
    scenario.assert_state(r#"{"a":1,"base":0}"#).await;
    scenario.assert_signed_in().await;
}
