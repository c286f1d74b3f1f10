//! The end of a session: it wins over each request beside it, and it is judged by the secret alone.

use std::time::Duration;

use session::testing::TestBrowser;
use session::{Session, SessionConfig, SessionError, SessionRegistry};

use crate::expect::{expect, no_error, require};
use crate::record::{next, principal};
use crate::script::{Action, Expected, Order, Request, Scenario, Sent};
use crate::store::StoreUnderTest;

const MINUTE: Duration = Duration::from_secs(60);
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

/// Checks that a session with a state that is not a JSON object ends.
pub async fn a_log_out_ends_a_session_whose_state_is_damaged(store: StoreUnderTest) {
    for end in End::ALL {
        let promise = format!("{end:?} ends a session whose state is damaged");
        let scenario = Scenario::begin(&promise, &store, |_| ()).await;
        let record = scenario.stored().await.expect("it was just created");
        store
            .replaced(&promise, &next(&record, "[]"), record.revision)
            .await;
        no_error(&promise, end.request(&promise, &scenario.browser).await);
        scenario.assert_session_is_dead().await;
    }
}

/// Checks that a session with a record of a newer release ends.
pub async fn a_log_out_ends_a_session_whose_record_cannot_be_read(store: StoreUnderTest) {
    for end in End::ALL {
        let promise = format!("{end:?} ends a session whose record cannot be read");
        let scenario = Scenario::begin(&promise, &store, |_| ()).await;
        scenario.spy.hide_records();
        no_error(&promise, end.request(&promise, &scenario.browser).await);
        store.holds_nothing(&promise, scenario.id).await;
    }
}

/// Checks that the owner can revoke a session with a record of a newer release by its id, and that
/// nobody else can.
pub async fn a_session_whose_record_cannot_be_read_is_revoked_by_id(store: StoreUnderTest) {
    let promise = "a session whose record cannot be read is revoked by its owner";
    let mut scenario = Scenario::begin(promise, &store, |_| ()).await;
    let mut session = scenario.browser.request();
    no_error(promise, session.log_in(principal("alice")).await);
    scenario.commit(promise, session).await;
    scenario.spy.hide_records();
    let registry = SessionRegistry::new(&scenario.app.store, &scenario.app.policy);
    for (owner, revokes) in [("bob", false), ("alice", true), ("alice", false)] {
        let revoked = registry.revoke(&principal(owner), scenario.id).await;
        expect(promise, revokes, no_error(promise, revoked));
    }
    store.holds_nothing(promise, scenario.id).await;
}

/// Checks that the client sees an error, because somebody has the new token.
pub async fn a_log_out_with_a_token_replaced_long_ago_is_an_error(store: StoreUnderTest) {
    for end in End::ALL {
        let promise = format!("{end:?} with a token that was replaced long ago is an error");
        let mut scenario = Scenario::begin(&promise, &store, |_| ()).await;
        let mut session = scenario.browser.request();
        session.renew();
        scenario.commit(&promise, session).await;
        scenario.app.clock.advance(MINUTE);
        let outcome = end.request(&promise, &scenario.first_browser).await;
        let is_refused = matches!(outcome, Err(SessionError::NotEnded));
        require(&promise, is_refused, "SessionError::NotEnded", &outcome);
        scenario.assert_signed_in().await;
    }
}

/// A call that ends the session.
#[derive(Clone, Copy, Debug)]
enum End {
    LogOut,
    LogOutKeeping,
    Invalidate,
}

impl End {
    const ALL: [Self; 3] = [Self::LogOut, Self::LogOutKeeping, Self::Invalidate];

    async fn call(self, session: &mut Session) -> Result<(), SessionError> {
        match self {
            Self::LogOut => session.log_out(),
            Self::LogOutKeeping => session.log_out_keeping(["theme"]).await?,
            Self::Invalidate => session.invalidate(),
        }
        Ok(())
    }

    /// Ends the session of a browser in one request.
    async fn request(self, promise: &str, browser: &TestBrowser) -> Result<(), SessionError> {
        let mut browser = browser.clone();
        let mut session = browser.request();
        no_error(promise, self.call(&mut session).await);
        browser.respond(session).await.map(drop)
    }
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
