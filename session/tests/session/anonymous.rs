//! The timeouts of sessions without a principal.

use session::SessionConfig;
use session::store::SessionStorageBackend;
use session::testing::{TestApp, TestBrowser, set_cookie};

use crate::support::*;

fn app(spy: &Spy) -> TestApp {
    TestApp::new(spy.clone())
}

/// Checks that the store and the browser expect the end of the session in `left`.
async fn ends_in(left: std::time::Duration, spy: &Spy, app: &TestApp, browser: &TestBrowser) {
    let session = browser.request();
    let id = session.id().unwrap();
    let record = spy.inner().load(id).await.unwrap().unwrap();
    assert_eq!(session.expires_at(), Some(app.clock.now() + left));
    assert_eq!(record.expires_at, app.clock.now() + left);
}

fn max_age(response: &pavex::Response) -> Option<u64> {
    let (_, max_age) = set_cookie(response)?.split_once("Max-Age=")?;
    max_age.parse().ok()
}

#[tokio::test]
async fn an_anonymous_session_ends_two_hours_after_its_last_use() {
    let spy = Spy::default();
    let app = app(&spy);
    let mut browser = app.browser();
    let mut session = browser.request();
    session.insert("theme", "dark").await.unwrap();
    let response = browser.respond(session).await.unwrap();
    assert_eq!(max_age(&response), Some(2 * 60 * 60));
    ends_in(2 * HOUR, &spy, &app, &browser).await;

    for (wait, operations) in [
        (23 * MINUTE, &["load"][..]),
        (2 * MINUTE, &["load", "touch"]),
    ] {
        app.clock.advance(wait);
        spy.operations();
        let session = browser.request();
        assert!(session.contains_key("theme").await.unwrap());
        browser.respond(session).await.unwrap();
        assert_eq!(spy.operations(), operations);
    }
    ends_in(2 * HOUR, &spy, &app, &browser).await;
    app.clock.advance(2 * HOUR);
    assert!(browser.request().is_empty().await.unwrap());
}

#[tokio::test]
async fn an_anonymous_session_ends_after_a_day_however_active_it_is() {
    let spy = Spy::default();
    let app = app(&spy);
    let mut browser = browser_with_session(&app).await;
    for hour in 1..24 {
        app.clock.advance(HOUR);
        let session = browser.request();
        assert!(session.contains_key("theme").await.unwrap(), "{hour}");
        browser.respond(session).await.unwrap();
    }
    let session = browser.request();
    let begins_at = session.id().unwrap().created_at();
    assert_eq!(session.expires_at(), Some(begins_at + DAY));
    app.clock.advance(HOUR);
    assert!(browser.request().is_empty().await.unwrap());
}

#[tokio::test]
async fn a_log_in_moves_an_anonymous_session_to_the_longer_timeouts() {
    let spy = Spy::default();
    let app = app(&spy);
    let mut browser = browser_with_session(&app).await;
    app.clock.advance(HOUR);
    let mut session = browser.request();
    session.log_in_keeping(alice(), ["theme"]).await.unwrap();
    let response = browser.respond(session).await.unwrap();
    assert_eq!(max_age(&response), Some(24 * 60 * 60));
    ends_in(DAY, &spy, &app, &browser).await;

    app.clock.advance(23 * HOUR);
    let session = browser.request();
    assert!(session.contains_key("theme").await.unwrap());
    browser.respond(session).await.unwrap();
    ends_in(DAY, &spy, &app, &browser).await;
}

#[tokio::test]
async fn a_log_out_that_keeps_values_moves_them_to_the_shorter_timeouts() {
    let spy = Spy::default();
    let app = app(&spy);
    let mut browser = app.browser();
    log_in(&mut browser, alice()).await.unwrap();
    let mut session = browser.request();
    session.insert("cart", &[1, 2]).await.unwrap();
    session.log_out_keeping(["cart"]).await.unwrap();
    let response = browser.respond(session).await.unwrap();
    assert_eq!(max_age(&response), Some(2 * 60 * 60));
    ends_in(2 * HOUR, &spy, &app, &browser).await;
}

#[tokio::test]
async fn an_update_that_repeats_after_a_log_in_keeps_the_longer_deadline() {
    let spy = Spy::default();
    let app = app(&spy);
    let browser = browser_with_session(&app).await;
    let mut parallel = browser.request();
    parallel.insert("n", &1).await.unwrap();
    let mut login = browser.clone();
    log_in(&mut login, alice()).await.unwrap();
    browser.clone().respond(parallel).await.unwrap();
    ends_in(DAY, &spy, &app, &login).await;

    // The other order: the log-in repeats on what an update has left.
    let browser = browser_with_session(&app).await;
    let mut session = browser.request();
    session.log_in_keeping(alice(), ["n"]).await.unwrap();
    let mut parallel = browser.request();
    parallel.insert("n", &1).await.unwrap();
    browser.clone().respond(parallel).await.unwrap();
    let mut login = browser.clone();
    login.respond(session).await.unwrap();
    ends_in(DAY, &spy, &app, &login).await;
    assert!(login.request().contains_key("n").await.unwrap());
}

#[tokio::test]
async fn a_session_without_a_record_has_the_shorter_timeouts() {
    let app = TestApp::new(session::SessionStore::cookie_only());
    let mut browser = app.browser();
    let mut session = browser.request();
    session.client_mut().insert("language", "de").unwrap();
    let response = browser.respond(session).await.unwrap();
    assert_eq!(max_age(&response), Some(2 * 60 * 60));
    app.clock.advance(HOUR);
    let session = browser.request();
    assert!(session.client().contains_key("language"));
    let mut session = session;
    session.client_mut().insert("language", "fr").unwrap();
    let response = browser.respond(session).await.unwrap();
    assert_eq!(max_age(&response), Some(2 * 60 * 60));
    app.clock.advance(2 * HOUR);
    assert!(browser.request().client().is_empty());
}

#[tokio::test]
async fn shorter_anonymous_timeouts_hold_for_anonymous_sessions_that_exist_and_for_no_others() {
    let spy = Spy::default();
    let app = spy.app();
    let visitor = browser_with_session(&app).await;
    let mut member = app.browser();
    log_in(&mut member, alice()).await.unwrap();
    let stricter = session::SessionPolicy::new(&SessionConfig::default(), &app.cookies).unwrap();
    let mut restarted = app.clone();
    restarted.policy = stricter.with_clock(app.clock.clone());
    let session_of =
        |browser: &TestBrowser| restarted.session(&head_with(browser.cookie().unwrap()));
    app.clock.advance(2 * HOUR - MINUTE);
    assert!(!session_of(&visitor).is_empty().await.unwrap());
    app.clock.advance(MINUTE);
    assert!(session_of(&visitor).is_empty().await.unwrap());
    let principal = session_of(&member).principal().await.unwrap();
    assert_eq!(principal, Some(alice()));
}
