//! `session.state.valid_from`: the sessions from before a moment are over.

use session::config::{AtLimit, RecordCreation};
use session::store::SessionStorageBackend;
use session::testing::{TestApp, TestBrowser, set_cookie};
use session::time::UtcDateTime;
use session::{LogIn, SessionConfig, SessionError, SessionPolicy, SessionRegistry, SessionStore};

use crate::events::Names;
use crate::support::*;

/// Returns a time that the clock of the system has reached, later than all that happened in `app`.
pub(crate) fn present(app: &TestApp) -> UtcDateTime {
    loop {
        let now = session::Clock::system().now();
        if now - app.clock.now() > std::time::Duration::from_millis(1) {
            return now;
        }
        std::thread::yield_now();
    }
}

/// The application with another configuration, after a restart.
pub(crate) fn restarted(app: &TestApp, edit: impl FnOnce(&mut SessionConfig)) -> TestApp {
    let mut config = app.policy.config().clone();
    edit(&mut config);
    let mut restarted = app.clone();
    let policy = SessionPolicy::new(&config, &app.cookies).unwrap();
    restarted.policy = policy.with_clock(app.clock.clone());
    restarted
}

/// The application after a restart with `valid_from: now`, an hour later.
fn cut(app: &TestApp) -> TestApp {
    let now = present(app);
    app.clock.advance(HOUR);
    restarted(app, |config| config.state.valid_from = Some(now))
}

/// A browser with the same cookie, which visits another application.
pub(crate) fn moved(browser: &TestBrowser, app: &TestApp) -> TestBrowser {
    let mut moved = app.browser();
    moved.set_cookie(browser.cookie().map(str::to_owned));
    moved
}

async fn is_logged_in(browser: &TestBrowser) -> bool {
    browser.request().principal().await.unwrap().is_some()
}

#[tokio::test]
async fn a_session_from_before_is_deleted_at_its_next_use_and_its_cookie_removed() {
    let spy = Spy::default();
    let before = spy.app();
    let mut member = before.browser();
    log_in(&mut member, alice()).await.unwrap();
    let visitor = browser_with_session(&before).await;
    let app = cut(&before);
    let names = Names::default();
    let _guard = names.listen();
    spy.operations();
    for browser in [member, visitor] {
        let mut browser = moved(&browser, &app);
        let session = browser.request();
        session.force_load().await.unwrap();
        assert_eq!(session.principal().await.unwrap(), None);
        assert!(session.is_empty().await.unwrap());
        assert_eq!(session.id(), None);
        let response = browser.respond(session).await.unwrap();
        assert!(set_cookie(&response).unwrap().contains("Max-Age=0"));
        assert_eq!(browser.cookie(), None);
        assert_eq!(spy.operations(), ["load", "delete"]);
        assert_eq!(names.take(), ["session.cut_off session.id"]);
    }
    assert_eq!(spy.inner().len(), 0);
}

/// Another server, without the setting, may have extended it or renewed its secret since.
#[tokio::test]
async fn a_session_whose_cookie_is_newer_than_its_beginning_is_over_too() {
    let spy = Spy::default();
    let before = spy.app_with(|config| config.state.renew_every = Some(HOUR));
    let mut member = before.browser();
    log_in(&mut member, alice()).await.unwrap();
    let mut visitor = browser_with_session(&before).await;
    let mut other = visitor.clone();
    let app = cut(&before);
    before.clock.advance(HOUR);
    for browser in [&mut member, &mut visitor] {
        let mut session = browser.request();
        session.client_mut().insert("language", "de").unwrap();
        session.insert("n", &1).await.unwrap();
        assert!(set_cookie(&browser.respond(session).await.unwrap()).is_some());
        let session = moved(browser, &app).request();
        session.force_load().await.unwrap();
        assert!(session.client().is_empty());
        assert_eq!(session.id(), None);
    }
    let session = other.request();
    assert!(session.is_empty().await.unwrap());
    other.respond(session).await.unwrap();
    assert_eq!(spy.inner().len(), 0);
}

#[tokio::test]
async fn a_session_that_began_or_logged_in_later_goes_on() {
    let spy = Spy::default();
    let before = spy.app();
    let mut reauthenticated = before.browser();
    log_in(&mut reauthenticated, alice()).await.unwrap();
    let now = present(&before);
    before.clock.advance(HOUR);
    log_in(&mut reauthenticated, alice()).await.unwrap();
    let app = restarted(&before, |config| config.state.valid_from = Some(now));
    // An identity provider asked for the password before that time.
    let mut later = app.browser();
    let mut session = later.request();
    let proof = LogIn::new(alice()).with_authenticated_at(now - HOUR);
    session.log_in(proof).await.unwrap();
    later.respond(session).await.unwrap();
    let visitor = browser_with_session(&app).await;

    spy.operations();
    assert!(is_logged_in(&moved(&reauthenticated, &app)).await);
    assert!(is_logged_in(&later).await);
    assert!(!visitor.request().is_empty().await.unwrap());
    assert_eq!(spy.operations(), ["load", "load", "load"]);
}

/// Somebody enters their password, and an identity provider asked for it before that.
#[tokio::test]
async fn a_later_log_in_with_an_older_proof_does_not_end_the_session() {
    let before = Spy::default().app();
    let mut browser = before.browser();
    log_in(&mut browser, alice()).await.unwrap();
    let now = present(&before);
    before.clock.advance(HOUR);
    log_in(&mut browser, alice()).await.unwrap();
    let latest = browser.request().authenticated_at().await.unwrap();
    let app = restarted(&before, |config| config.state.valid_from = Some(now));
    let mut browser = moved(&browser, &app);
    for commits in [false, true] {
        let mut session = browser.request();
        let older = LogIn::new(alice()).with_authenticated_at(now - HOUR);
        session.log_in(older.clone()).await.unwrap();
        if commits {
            session.commit().await.unwrap();
        }
        session.log_in(older).await.unwrap();
        assert_eq!(session.authenticated_at().await.unwrap(), latest);
        browser.respond(session).await.unwrap();
        assert!(is_logged_in(&browser).await);
    }
}

/// Only the session in which it was made has a later proof.
#[tokio::test]
async fn a_log_in_that_starts_over_has_its_own_proof() {
    let spy = Spy::default();
    let app = spy.app();
    let mut browser = app.browser();
    log_in(&mut browser, alice()).await.unwrap();
    let mut session = browser.request();
    let latest = session.authenticated_at().await.unwrap().unwrap();
    let older = LogIn::new(alice()).with_authenticated_at(latest - HOUR);
    session.log_in(older).await.unwrap();
    assert_eq!(session.authenticated_at().await.unwrap(), Some(latest));
    let id = session.id().unwrap();
    spy.inner().delete(id, None).await.unwrap();
    browser.respond(session).await.unwrap();
    let session = browser.request();
    assert_ne!(session.id(), Some(id));
    let proof = session.authenticated_at().await.unwrap();
    assert_eq!(proof, Some(latest - HOUR));
}

#[tokio::test]
async fn an_untouched_request_of_a_session_from_before_costs_nothing() {
    let spy = Spy::default();
    let before = spy.app();
    let browser = browser_with_session(&before).await;
    let mut browser = moved(&browser, &cut(&before));
    spy.operations();
    let response = browser.respond(browser.request()).await.unwrap();
    assert!(response.headers().is_empty());
    assert!(spy.operations().is_empty());
}

#[tokio::test]
async fn a_session_from_before_hands_nothing_to_a_log_in() {
    let spy = Spy::default();
    let before = spy.app();
    let mut browser = browser_with_session(&before).await;
    let mut session = browser.request();
    session.client_mut().insert("language", "de").unwrap();
    browser.respond(session).await.unwrap();
    let app = cut(&before);
    let id = browser.request().id();
    let mut browser = moved(&browser, &app);

    let mut session = browser.request();
    session.log_in(alice()).await.unwrap();
    session.insert("n", &1).await.unwrap();
    browser.respond(session).await.unwrap();
    let session = browser.request();
    assert!(is_logged_in(&browser).await);
    assert_ne!(session.id(), id);
    assert!(session.client().is_empty());
    assert!(!session.contains_key("theme").await.unwrap());
    assert!(session.contains_key("n").await.unwrap());
    assert_eq!(spy.inner().len(), 1);
}

/// Neither is the record loaded, nor is there anything to lose for a valid session.
#[tokio::test]
async fn client_side_state_of_a_cookie_from_before_is_empty_without_a_load() {
    let spy = Spy::default();
    let before = spy.app();
    let mut member = before.browser();
    let mut session = member.request();
    session.log_in(alice()).await.unwrap();
    session.client_mut().insert("language", "de").unwrap();
    member.respond(session).await.unwrap();
    let app = cut(&before);
    spy.operations();
    assert!(moved(&member, &app).request().client().is_empty());
    assert!(spy.operations().is_empty());

    let mut browser = moved(&member, &app);
    let mut session = browser.request();
    session.client_mut().insert("theme", "dark").unwrap();
    browser.respond(session).await.unwrap();
    let session = browser.request();
    assert!(!session.client().contains_key("language"));
    assert!(session.client().contains_key("theme"));
    assert!(!is_logged_in(&browser).await);
}

#[tokio::test]
async fn a_session_from_before_is_neither_listed_nor_counted() {
    let spy = Spy::default();
    for at_limit in [AtLimit::Refuse, AtLimit::EndOldest] {
        let before = spy.app_with(|config| {
            config.log_in.max_sessions_per_principal = 1.try_into().ok();
            config.log_in.at_limit = at_limit;
        });
        log_in(&mut before.browser(), alice()).await.unwrap();
        let app = cut(&before);
        let registry = SessionRegistry::new(&app.store, &app.policy);
        assert!(registry.list(&alice()).await.unwrap().is_empty());
        let mut browser = app.browser();
        log_in(&mut browser, alice()).await.unwrap();
        assert!(is_logged_in(&browser).await);
        assert_eq!(registry.list(&alice()).await.unwrap().len(), 1);
        registry.revoke_all(&alice()).await.unwrap();
    }
}

#[tokio::test]
async fn a_log_out_of_a_session_from_before_ends_it() {
    let spy = Spy::default();
    let before = spy.app();
    let mut member = before.browser();
    log_in(&mut member, alice()).await.unwrap();
    let mut browser = moved(&member, &cut(&before));
    let mut session = browser.request();
    session.log_out();
    browser.respond(session).await.unwrap();
    assert_eq!(spy.inner().len(), 0);
    assert_eq!(browser.cookie(), None);
}

/// The record has another secret by then, so it is not the one that was judged.
#[tokio::test]
async fn a_session_from_before_whose_secret_is_replaced_at_that_moment_is_not_deleted() {
    let spy = Spy::default();
    let before = spy.app();
    let mut member = before.browser();
    log_in(&mut member, alice()).await.unwrap();
    let app = cut(&before);
    let mut browser = moved(&member, &app);
    let gate = spy.gate();
    let session = browser.request();
    let reading = tokio::spawn(async move {
        session.force_load().await.unwrap();
        session
    });
    while !spy.operations().contains(&"delete") {
        tokio::task::yield_now().await;
    }
    // A server without the setting lets the same browser log in again.
    spy.behave(Behaviour::Normal);
    log_in(&mut member, alice()).await.unwrap();
    gate.add_permits(2);
    let session = reading.await.unwrap();
    let response = browser.respond(session).await.unwrap();
    assert_eq!(set_cookie(&response), None);
    assert!(is_logged_in(&moved(&member, &app)).await);
}

#[tokio::test]
async fn a_session_without_a_record_from_before_is_over() {
    for store in [SessionStore::cookie_only(), Spy::default().into()] {
        let mut config = SessionConfig::default();
        config.state.record = RecordCreation::IfServerSide;
        let before = TestApp::with_config(store, &config).unwrap();
        let mut browser = before.browser();
        let mut session = browser.request();
        session.client_mut().insert("language", "de").unwrap();
        browser.respond(session).await.unwrap();
        let app = cut(&before);
        // A server without the setting sends a newer cookie.
        before.clock.advance(30 * MINUTE);
        let mut extended = browser.clone();
        let session = extended.request();
        assert!(session.client().contains_key("language"));
        assert!(set_cookie(&extended.respond(session).await.unwrap()).is_some());

        for browser in [browser, extended] {
            let names = Names::default();
            let _guard = names.listen();
            let mut browser = moved(&browser, &app);
            let session = browser.request();
            assert!(session.client().is_empty());
            assert_eq!(session.id(), None);
            browser.respond(session).await.unwrap();
            assert_eq!(browser.cookie(), None);
            assert_eq!(names.take(), ["session.cut_off session.id"]);
        }
        let mut browser = app.browser();
        let mut session = browser.request();
        session.client_mut().insert("language", "de").unwrap();
        browser.respond(session).await.unwrap();
        assert!(browser.request().client().contains_key("language"));
    }
}

/// The cookie that counts first is of a session that is over; the other one is not.
#[tokio::test]
async fn a_session_without_a_record_from_before_hides_no_other_cookie() {
    let spy = Spy::default();
    let before = spy.app_with(|config| config.state.record = RecordCreation::IfServerSide);
    let mut visitor = before.browser();
    let mut session = visitor.request();
    session.client_mut().insert("language", "de").unwrap();
    visitor.respond(session).await.unwrap();
    let app = cut(&before);
    let mut member = app.browser();
    log_in(&mut member, alice()).await.unwrap();
    let cookies = [visitor.cookie().unwrap(), member.cookie().unwrap()].join("; ");
    let session = app.session(&head_with(cookies));
    assert_eq!(session.principal().await.unwrap(), Some(alice()));
}

#[tokio::test]
async fn a_failing_store_is_an_error_and_not_a_session() {
    let spy = Spy::default();
    let before = spy.app();
    let mut member = before.browser();
    log_in(&mut member, alice()).await.unwrap();
    let browser = moved(&member, &cut(&before));
    spy.behave(Behaviour::LosingDeletions);
    let refused = browser.request().principal().await;
    assert!(matches!(refused, Err(SessionError::Store(_))));
}

#[test]
fn a_time_in_the_future_stops_the_start_and_the_present_does_not() {
    let app = Spy::default().app();
    let with = |valid_from| {
        let mut config = SessionConfig::default();
        config.state.valid_from = Some(valid_from);
        SessionPolicy::new(&config, &app.cookies)
    };
    let now = session::Clock::system().now();
    assert!(with(now).is_ok());
    assert!(with(UtcDateTime::MIN).is_ok());
    for late in [now + MINUTE, UtcDateTime::MAX] {
        let error = with(late).unwrap_err();
        assert_eq!(error.violations()[0].key, "session.state.valid_from");
        let message = error.to_string();
        assert!(message.contains("must not be in the future"), "{message}");
    }
}

#[test]
fn the_policy_describes_the_time_from_which_sessions_are_accepted() {
    let app = restarted(&Spy::default().app(), |config| {
        config.state.valid_from = Some(UtcDateTime::UNIX_EPOCH);
    });
    let text = app.policy.to_string();
    let sentence = "A session whose beginning and last log-in are before 1970-01-01T00:00:00Z is \
                    over.";
    assert!(text.contains(sentence), "{text}");
}
