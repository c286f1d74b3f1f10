//! A request that logs out beside another one: the end of a session always wins.

use std::time::Duration;

use session::SessionConfig;

use crate::StoreUnderTest;
use crate::script::{Action, Expected, Order, Scenario, Sent, Who};

/// A writer that loses keeps its response, and sends no cookie.
pub async fn a_log_out_beside_a_writer_ends_the_session(store: StoreUnderTest) {
    log_out_beside(
        &store,
        Action::Insert("a", 1),
        Other {
            first: Expected::signed_in(&["replace"], Sent::Nothing),
            too_late: Expected::signed_in(&["replace: gone"], Sent::Nothing),
            // Whoever writes after the log-out begins a new session.
            afterwards: Expected::anonymous(&["create"], Sent::Cookie),
        },
        Situation::default(),
    )
    .await;
}

/// A renewal that loses sends no cookie, so that nobody is signed in with it.
pub async fn a_log_out_beside_a_renewal_ends_the_session(store: StoreUnderTest) {
    log_out_beside(
        &store,
        Action::Renew,
        Other {
            first: Expected::signed_in(&["replace"], Sent::Cookie),
            too_late: Expected::signed_in(&["replace: gone"], Sent::Nothing),
            afterwards: Expected::anonymous(&[], Sent::Nothing),
        },
        Situation::default(),
    )
    .await;
}

/// The same for a renewal on a timer, whose previous secret is still good for a while.
pub async fn a_log_out_beside_a_timed_renewal_ends_the_session(store: StoreUnderTest) {
    log_out_beside(
        &store,
        Action::Insert("a", 1),
        Other {
            first: Expected::signed_in(&["replace"], Sent::Cookie),
            too_late: Expected::signed_in(&["replace: gone"], Sent::Nothing),
            afterwards: Expected::anonymous(&["create"], Sent::Cookie),
        },
        Situation {
            age: Duration::from_secs(2 * 60 * 60),
            renew_every: Some(Duration::from_secs(60 * 60)),
        },
    )
    .await;
}

/// A mere extension of the deadline brings nothing back, either.
pub async fn a_log_out_beside_a_touch_ends_the_session(store: StoreUnderTest) {
    log_out_beside(
        &store,
        Action::Read,
        Other {
            first: Expected::signed_in(&["touch"], Sent::Cookie),
            too_late: Expected::signed_in(&["touch: gone"], Sent::Nothing),
            afterwards: Expected::anonymous(&[], Sent::Nothing),
        },
        Situation {
            age: Duration::from_secs(6 * 60 * 60),
            renew_every: None,
        },
    )
    .await;
}

/// Who logs out twice at the same time is logged out, without an error.
pub async fn two_log_outs_end_the_session(store: StoreUnderTest) {
    log_out_beside(
        &store,
        Action::LogOut,
        Other {
            first: Expected::signed_in(&["delete"], Sent::Removal),
            too_late: Expected::signed_in(&["delete"], Sent::Removal),
            afterwards: Expected::anonymous(&[], Sent::Nothing),
        },
        Situation::default(),
    )
    .await;
}

/// What is expected of the request that does not log out.
struct Other {
    /// If it commits before the log-out.
    first: Expected,
    /// If it had loaded before the log-out committed.
    too_late: Expected,
    /// If it came after the response to the log-out.
    afterwards: Expected,
}

#[derive(Default)]
struct Situation {
    /// How long ago the session began.
    age: Duration,
    renew_every: Option<Duration>,
}

async fn log_out_beside(
    store: &StoreUnderTest,
    action: Action,
    other: Other,
    situation: Situation,
) {
    let promise = "a session that was logged out is dead for ever, whatever runs beside";
    let log_out = Expected::signed_in(&["delete"], Sent::Removal);
    for order in Order::all() {
        let configure =
            |config: &mut SessionConfig| config.state.renew_every = situation.renew_every;
        let mut scenario = Scenario::begin(promise, store, configure).await;
        scenario.app.clock.advance(situation.age);
        let other = match (order.first(), order.overlap()) {
            (Who::A, _) => other.first,
            (Who::B, true) => other.too_late,
            (Who::B, false) => other.afterwards,
        };
        // A log-out that comes after another one has nothing left to end.
        let log_out = match (action, order.first(), order.overlap()) {
            (Action::LogOut, Who::A, false) => Expected::anonymous(&[], Sent::Nothing),
            _ => log_out,
        };
        let actions = [action, Action::LogOut];
        scenario
            .run(order, actions, [other, log_out], Duration::ZERO)
            .await;
        scenario.the_session_is_dead().await;
    }
}
