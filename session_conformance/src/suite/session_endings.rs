//! A log-out beside another request: the end of a session always wins.

use std::time::Duration;

use session::SessionConfig;

use crate::script::{Action, Expected, Order, Request, Scenario, Sent};
use crate::store::StoreUnderTest;

const HOUR: Duration = Duration::from_secs(60 * 60);

/// Checks that a writer which is too late keeps its response and sends no cookie.
pub async fn a_log_out_beside_a_writer_ends_the_session(store: StoreUnderTest) {
    log_out_beside(
        &store,
        Action::Insert("a", 1),
        OtherRequest {
            first: Expected::signed_in(&["replace"], Sent::Nothing),
            too_late: Expected::signed_in(&["replace: gone"], Sent::Nothing),
            // A write after the log-out starts a new session.
            afterwards: Expected::anonymous(&["create"], Sent::Cookie),
        },
        Setup::default(),
    )
    .await;
}

/// Checks that a renewal which is too late sends no cookie.
pub async fn a_log_out_beside_a_renewal_ends_the_session(store: StoreUnderTest) {
    log_out_beside(
        &store,
        Action::Renew,
        OtherRequest {
            first: Expected::signed_in(&["replace"], Sent::Cookie),
            too_late: Expected::signed_in(&["replace: gone"], Sent::Nothing),
            afterwards: Expected::anonymous(&[], Sent::Nothing),
        },
        Setup::default(),
    )
    .await;
}

/// Checks a renewal on a timer, whose previous secret is valid for a grace period.
pub async fn a_log_out_beside_a_timed_renewal_ends_the_session(store: StoreUnderTest) {
    let writer = OtherRequest {
        first: Expected::signed_in(&["replace"], Sent::Cookie),
        too_late: Expected::signed_in(&["replace: gone"], Sent::Nothing),
        afterwards: Expected::anonymous(&["create"], Sent::Cookie),
    };
    let setup = Setup {
        age: 2 * HOUR,
        renew_every: Some(HOUR),
    };
    log_out_beside(&store, Action::Insert("a", 1), writer, setup).await;
}

/// Checks that an extension of the deadline does not bring a session back.
pub async fn a_log_out_beside_a_touch_ends_the_session(store: StoreUnderTest) {
    let reader = OtherRequest {
        first: Expected::signed_in(&["touch"], Sent::Cookie),
        too_late: Expected::signed_in(&["touch: gone"], Sent::Nothing),
        afterwards: Expected::anonymous(&[], Sent::Nothing),
    };
    let setup = Setup {
        age: 6 * HOUR,
        renew_every: None,
    };
    log_out_beside(&store, Action::Read, reader, setup).await;
}

/// Checks that two log-outs at the same time both succeed.
pub async fn parallel_log_outs_end_the_session(store: StoreUnderTest) {
    log_out_beside(
        &store,
        Action::LogOut,
        OtherRequest {
            first: Expected::signed_in(&["delete"], Sent::Removal),
            too_late: Expected::signed_in(&["delete"], Sent::Removal),
            afterwards: Expected::anonymous(&[], Sent::Nothing),
        },
        Setup::default(),
    )
    .await;
}

/// The expected behaviour of the request that does not log out.
struct OtherRequest {
    /// The request commits before the log-out.
    first: Expected,
    /// The request loads before the log-out commits, and commits after it.
    too_late: Expected,
    /// The request arrives after the response to the log-out.
    afterwards: Expected,
}

#[derive(Default)]
struct Setup {
    /// The time since the session began.
    age: Duration,
    renew_every: Option<Duration>,
}

async fn log_out_beside(store: &StoreUnderTest, action: Action, other: OtherRequest, setup: Setup) {
    let promise = "a session that was logged out stays dead, whatever runs in parallel";
    for order in Order::all() {
        let configure = |config: &mut SessionConfig| config.state.renew_every = setup.renew_every;
        let mut scenario = Scenario::begin(promise, store, configure).await;
        scenario.app.clock.advance(setup.age);
        let expected = [other.expected(order), expected_log_out(order, action)];
        let actions = [action, Action::LogOut];
        scenario.run(order, actions, expected).await;
        scenario.assert_session_is_dead().await;
    }
}

impl OtherRequest {
    fn expected(&self, order: Order) -> Expected {
        match (order.first(), order.overlap()) {
            (Request::A, _) => self.first,
            (Request::B, true) => self.too_late,
            (Request::B, false) => self.afterwards,
        }
    }
}

/// Returns the expected behaviour of a log-out. After another one it has no session to end.
fn expected_log_out(order: Order, other: Action) -> Expected {
    match (other, order.first(), order.overlap()) {
        (Action::LogOut, Request::A, false) => Expected::anonymous(&[], Sent::Nothing),
        _ => Expected::signed_in(&["delete"], Sent::Removal),
    }
}
