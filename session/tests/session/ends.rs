//! All ways to end a session, in all conditions that its record and its cookie may be in: either
//! the session is over, or the client sees an error.

use std::sync::Arc;

use session::config::TokenReuse;
use session::store::{
    Extension, SerializedState, SessionStorageBackend, StoreErrorKind, TouchOutcome,
};
use session::testing::{TestApp, TestBrowser, set_cookie};
use session::{Session, SessionError, SessionId};

use crate::support::*;
use crate::valid_from::restarted;

#[derive(Clone, Copy, Debug)]
enum Way {
    LogOut,
    LogOutKeeping,
    Invalidate,
}

impl Way {
    async fn end(self, session: &mut Session) -> Result<(), SessionError> {
        match self {
            Self::LogOut => session.log_out(),
            Self::LogOutKeeping => session.log_out_keeping(["theme"]).await?,
            Self::Invalidate => session.invalidate(),
        }
        Ok(())
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Condition {
    Healthy,
    /// The record is of a newer release.
    Unreadable,
    /// The state is not a JSON object.
    Damaged,
    /// The cookie has the secret before a renewal on a timer, within the grace period.
    Previous,
    PreviousAndDamaged,
    PreviousAndUnreadable,
    /// The secret was replaced by an explicit renewal a moment ago.
    Superseded,
    /// The secret was replaced longer ago than the grace period.
    Reused,
    ReusedAndDamaged,
    ReusedAndUnreadable,
    /// As `Reused`, with `on_token_reuse: revoke`.
    ReusedAndRevoked,
    /// The deadline in the cookie has passed, and another request has moved that of the record.
    Extended,
    /// As `Extended`, and the secret was replaced since.
    ExtendedAndRenewed,
    /// The session is expired.
    Expired,
    /// The session is expired, and its secret was replaced before.
    RenewedAndExpired,
    /// A timeout was shortened since, so the session is over here, and goes on at servers with the
    /// longer one.
    Shortened,
    /// As `Shortened`, and the secret was replaced before.
    RenewedAndShortened,
    /// The cookie is of a newer release, and this one cannot read it.
    Newer,
    /// The record is gone.
    Gone,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Outcome {
    /// The response is a success, and the record is gone.
    Ended,
    /// `409 Conflict`; the session goes on.
    NotEnded,
    /// `503 Service Unavailable`; the session goes on.
    StoreError,
}

const CONDITIONS: [(Condition, Outcome); 19] = [
    (Condition::Healthy, Outcome::Ended),
    (Condition::Unreadable, Outcome::Ended),
    (Condition::Damaged, Outcome::Ended),
    (Condition::Previous, Outcome::Ended),
    (Condition::PreviousAndDamaged, Outcome::Ended),
    (Condition::PreviousAndUnreadable, Outcome::StoreError),
    (Condition::Superseded, Outcome::NotEnded),
    (Condition::Reused, Outcome::NotEnded),
    (Condition::ReusedAndDamaged, Outcome::NotEnded),
    (Condition::ReusedAndUnreadable, Outcome::StoreError),
    (Condition::ReusedAndRevoked, Outcome::Ended),
    (Condition::Extended, Outcome::Ended),
    (Condition::ExtendedAndRenewed, Outcome::NotEnded),
    (Condition::Expired, Outcome::Ended),
    (Condition::RenewedAndExpired, Outcome::Ended),
    (Condition::Shortened, Outcome::Ended),
    (Condition::RenewedAndShortened, Outcome::NotEnded),
    (Condition::Newer, Outcome::NotEnded),
    (Condition::Gone, Outcome::Ended),
];

/// A session in some condition, and a browser with a cookie of it.
struct Scene {
    app: TestApp,
    spy: Spy,
    id: SessionId,
    browser: TestBrowser,
}

impl Scene {
    async fn new(condition: Condition) -> Self {
        let spy = Spy::default();
        let app = spy.app_with(|config| {
            config.state.renew_every = Some(20 * HOUR);
            if condition == Condition::ReusedAndRevoked {
                config.state.on_token_reuse = TokenReuse::Revoke;
            }
        });
        let mut browser = browser_with_session(&app).await;
        log_in(&mut browser, alice()).await.unwrap();
        let id = browser.request().id().unwrap();
        let cookie = browser.cookie().map(str::to_owned);
        let mut scene = Self {
            app,
            spy,
            id,
            browser,
        };
        scene.age(condition).await;
        // The cookie of before; a browser may send it in the second in which it expires.
        scene.browser = scene.app.browser();
        scene.browser.set_cookie(match condition {
            Condition::Newer => Some(newer_cookie(&scene.app)),
            _ => cookie,
        });
        scene.spoil(condition).await;
        scene
    }

    /// Lets time pass, and other requests of the session take place.
    async fn age(&mut self, condition: Condition) {
        use Condition::*;
        match condition {
            Healthy | Unreadable | Damaged | Newer | Gone => {}
            Previous | PreviousAndDamaged | PreviousAndUnreadable => {
                self.app.clock.advance(20 * HOUR);
                self.visit().await;
            }
            Superseded => self.renew().await,
            Reused | ReusedAndDamaged | ReusedAndUnreadable => {
                self.renew().await;
                self.app.clock.advance(MINUTE);
            }
            ReusedAndRevoked => {
                self.app.clock.advance(20 * HOUR);
                self.visit().await;
                self.app.clock.advance(MINUTE);
            }
            Extended | ExtendedAndRenewed => {
                self.app.clock.advance(19 * HOUR);
                self.visit().await;
                self.app.clock.advance(5 * HOUR);
                if condition == ExtendedAndRenewed {
                    self.renew().await;
                }
            }
            Expired => self.app.clock.advance(2 * DAY),
            Shortened => self.shorten(),
            RenewedAndShortened => {
                self.renew().await;
                self.shorten();
            }
            RenewedAndExpired => {
                self.renew().await;
                self.app.clock.advance(2 * DAY);
            }
        }
    }

    /// Restarts the application with a timeout that has passed.
    fn shorten(&mut self) {
        self.app.clock.advance(HOUR);
        self.app = restarted(&self.app, |config| {
            config.state.idle_timeout = 10 * MINUTE;
            config.state.anonymous.idle_timeout = None;
        });
    }

    /// Changes the record, or the store's view of it.
    async fn spoil(&self, condition: Condition) {
        use Condition::*;
        match condition {
            Damaged | PreviousAndDamaged | ReusedAndDamaged => self.damage().await,
            Unreadable | PreviousAndUnreadable | ReusedAndUnreadable => {
                self.spy.behave(Behaviour::UnreadableRecords);
            }
            Gone => _ = self.spy.inner().delete(self.id, None).await.unwrap(),
            _ => {}
        }
    }

    async fn visit(&mut self) {
        let session = self.browser.request();
        session.force_load().await.unwrap();
        self.browser.respond(session).await.unwrap();
    }

    async fn renew(&mut self) {
        let mut session = self.browser.request();
        session.renew();
        self.browser.respond(session).await.unwrap();
    }

    async fn damage(&self) {
        let mut record = self.spy.inner().load(self.id).await.unwrap().unwrap();
        let expected = record.revision;
        let changed = Arc::make_mut(&mut record);
        changed.revision = expected.next();
        changed.state = SerializedState::from_json("[]");
        _ = self.spy.inner().replace(&record, expected).await.unwrap();
    }

    /// Returns `true` if the record is still there. An expired one counts as gone.
    async fn goes_on(&self) -> bool {
        let record = self.spy.inner().load(self.id).await.unwrap();
        record.is_some_and(|record| record.expires_at > self.app.clock.now())
    }
}

fn outcome(responded: Result<(), SessionError>) -> Outcome {
    match responded {
        Ok(()) => Outcome::Ended,
        Err(SessionError::NotEnded) => Outcome::NotEnded,
        Err(SessionError::Store(error)) => {
            assert_eq!(error.kind(), StoreErrorKind::InvalidRecord);
            Outcome::StoreError
        }
        Err(error) => panic!("{error:?}"),
    }
}

/// The time at which the record is loaded, and the end committed.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Moment {
    AtTheEnd,
    ByCommit,
    AfterALoad,
}

async fn check(way: Way, condition: Condition, moment: Moment, expected: Outcome) {
    let case = format!("{way:?}, {condition:?}, {moment:?}");
    let mut scene = Scene::new(condition).await;
    let mut session = scene.browser.request();
    if moment == Moment::AfterALoad {
        session.force_load().await.unwrap();
    }
    way.end(&mut session).await.unwrap();
    if moment == Moment::ByCommit {
        let committed = session.commit().await;
        assert_eq!(outcome(committed), expected, "{case}");
    }
    let before = scene.browser.cookie().map(str::to_owned);
    let responded = scene.browser.respond(session).await;
    assert_eq!(outcome(responded.map(drop)), expected, "{case}");
    let goes_on = scene.goes_on().await;
    assert_eq!(goes_on, expected != Outcome::Ended, "{case}");
    match expected {
        Outcome::Ended => assert_ne!(scene.browser.cookie(), before.as_deref(), "{case}"),
        _ => assert_eq!(scene.browser.cookie(), before.as_deref(), "{case}"),
    }
}

#[tokio::test]
async fn each_way_to_end_a_session_ends_it_or_is_an_error_that_the_client_sees() {
    for (condition, expected) in CONDITIONS {
        for way in [Way::LogOut, Way::LogOutKeeping, Way::Invalidate] {
            for moment in [Moment::AtTheEnd, Moment::ByCommit, Moment::AfterALoad] {
                check(way, condition, moment, expected).await;
            }
        }
    }
}

/// The changes are dropped. Neither do they go into a new session, nor do they bring this one back.
#[tokio::test]
async fn a_session_that_expires_during_a_request_is_over_whatever_its_record_is() {
    for condition in [
        Condition::Healthy,
        Condition::Damaged,
        Condition::Unreadable,
        Condition::Gone,
    ] {
        let mut scene = Scene::new(Condition::Healthy).await;
        let mut session = scene.browser.request();
        session.insert("a", &1).await.unwrap();
        scene.app.clock.advance(DAY);
        scene.spoil(condition).await;
        let committed = session.commit().await;
        assert!(
            matches!(committed, Err(SessionError::Discarded)),
            "{condition:?}"
        );
        let response = scene.browser.respond(session).await.unwrap();
        assert_eq!(set_cookie(&response), None, "{condition:?}");
        assert!(!scene.goes_on().await, "{condition:?}");
        assert!(scene.spy.inner().len() <= 1, "{condition:?}");
    }
}

/// As a log-out, the changes of a request are either written or an error.
#[tokio::test]
async fn a_session_that_another_request_extends_meanwhile_keeps_the_changes_of_a_slow_one() {
    let mut scene = Scene::new(Condition::Healthy).await;
    let mut slow = scene.browser.request();
    slow.insert("a", &1).await.unwrap();
    scene.app.clock.advance(19 * HOUR);
    scene.visit().await;
    scene.app.clock.advance(6 * HOUR);
    slow.commit().await.unwrap();
    scene.browser.respond(slow).await.unwrap();
    assert_eq!(scene.browser.request().get("a").await.unwrap(), Some(1));
}

/// The cookie was read before the deadline, and the record after it.
#[tokio::test]
async fn a_log_out_ends_a_session_whose_deadline_another_request_was_about_to_move() {
    for way in [Way::LogOut, Way::LogOutKeeping, Way::Invalidate] {
        let mut scene = Scene::new(Condition::Healthy).await;
        let mut session = scene.browser.request();
        assert!(session.client().is_empty());
        scene.app.clock.advance(DAY);
        assert!(session.is_empty().await.unwrap(), "its session has expired");
        let until = scene.app.clock.now() + DAY;
        let extension = Extension {
            last_active_at: scene.app.clock.now(),
            expires_at: until,
        };
        let record = scene.spy.inner().load(scene.id).await.unwrap().unwrap();
        let touched = scene.spy.inner().touch(scene.id, &record.secret, extension);
        assert_eq!(touched.await.unwrap(), TouchOutcome::Touched);
        way.end(&mut session).await.unwrap();
        scene.browser.respond(session).await.unwrap();
        assert!(scene.spy.inner().is_empty(), "{way:?}");
    }
}

/// A newer release can read the record, and so use the session.
#[tokio::test]
async fn a_log_out_ends_the_session_of_the_cookie_although_the_request_has_begun_another() {
    for way in [Way::LogOut, Way::LogOutKeeping, Way::Invalidate] {
        let mut scene = Scene::new(Condition::Unreadable).await;
        let mut session = scene.browser.request();
        session.insert("a", &1).await.unwrap();
        session.commit().await.unwrap();
        assert_ne!(session.id(), Some(scene.id));
        way.end(&mut session).await.unwrap();
        scene.browser.respond(session).await.unwrap();
        assert_eq!(scene.spy.inner().len(), 0, "{way:?}");
    }
}

#[tokio::test]
async fn a_log_out_is_an_error_if_the_session_of_the_cookie_goes_on_beside_a_new_one() {
    let mut scene = Scene::new(Condition::Healthy).await;
    let mut session = scene.browser.request();
    session.force_load().await.unwrap();
    scene.renew().await;
    session.log_in(alice()).await.unwrap();
    session.commit().await.unwrap();
    assert_ne!(session.id(), Some(scene.id));
    session.log_out();
    let responded = scene.browser.respond(session).await;
    assert_eq!(outcome(responded.map(drop)), Outcome::NotEnded);
    assert_eq!(scene.spy.inner().len(), 1);
    assert!(scene.goes_on().await);
}
