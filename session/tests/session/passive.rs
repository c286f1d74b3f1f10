//! Requests that are not activity, and the time that is left.

use session::config::Activity;
use session::testing::{TestApp, TestBrowser, set_cookie};
use session::{LogIn, PassiveRequest, SessionRegistry, passive_requests};

use crate::support::*;

/// The deadline is due to be moved at the end of the advance.
async fn browser_after(advance: std::time::Duration, spy: &Spy, app: &TestApp) -> TestBrowser {
    let browser = browser_with_session(app).await;
    app.clock.advance(advance);
    spy.operations();
    browser
}

fn registry(app: &TestApp) -> SessionRegistry {
    SessionRegistry::new(&app.store, &app.policy)
}

async fn left(browser: &TestBrowser) -> Option<std::time::Duration> {
    let session = browser.request();
    PassiveRequest::new(&session);
    session.remaining().await.unwrap()
}

#[tokio::test]
async fn a_passive_read_costs_one_load_and_moves_no_deadline() {
    let spy = Spy::default();
    let app = spy.app();
    let mut browser = browser_after(20 * HOUR, &spy, &app).await;
    let session = browser.request();
    PassiveRequest::new(&session);
    assert!(session.contains_key("theme").await.unwrap());
    let response = browser.respond(session).await.unwrap();
    assert_eq!(spy.operations(), ["load"]);
    assert!(set_cookie(&response).is_none());

    app.clock.advance(5 * HOUR);
    assert!(!browser.request().contains_key("theme").await.unwrap());
}

#[tokio::test]
async fn a_passive_change_is_written_and_moves_no_deadline() {
    let spy = Spy::default();
    let app = spy.app();
    let mut browser = browser_after(20 * HOUR, &spy, &app).await;
    let mut session = browser.request();
    PassiveRequest::new(&session);
    session.insert("theme", "light").await.unwrap();
    session.client_mut().insert("language", "de").unwrap();
    let response = browser.respond(session).await.unwrap();
    assert_eq!(spy.operations(), ["load", "replace"]);
    let cookie = set_cookie(&response).expect("the client-side state has changed");
    let max_age = format!("Max-Age={}", 4 * 60 * 60);
    assert!(cookie.contains(&max_age), "{cookie}");

    let session = browser.request();
    let theme = session.get::<String>("theme").await.unwrap();
    assert_eq!(theme.as_deref(), Some("light"));
    assert_eq!(left(&browser).await, Some(4 * HOUR));
}

#[tokio::test]
async fn a_passive_change_is_not_the_last_activity_of_its_session() {
    let spy = Spy::default();
    let app = spy.app();
    let mut browser = app.browser();
    log_in(&mut browser, alice()).await.unwrap();
    app.clock.advance(2 * HOUR);
    let mut session = browser.request();
    PassiveRequest::new(&session);
    session.insert("theme", "light").await.unwrap();
    browser.respond(session).await.unwrap();

    let sessions = registry(&app).list(&alice()).await.unwrap();
    let idle = app.clock.now() - sessions[0].last_active_at;
    assert_eq!(idle, time::Duration::HOUR * 2);
}

#[tokio::test]
async fn a_passive_change_does_not_take_back_the_activity_of_a_parallel_request() {
    let spy = Spy::default();
    let app = spy.app();
    let mut browser = browser_after(20 * HOUR, &spy, &app).await;
    let mut polling = browser.request();
    PassiveRequest::new(&polling);
    polling.insert("seen", &1).await.unwrap();

    let active = browser.request();
    active.force_load().await.unwrap();
    browser.respond(active).await.unwrap();
    browser.respond(polling).await.unwrap();
    assert_eq!(left(&browser).await, Some(DAY));
}

#[tokio::test]
async fn a_passive_request_does_not_renew_the_secret_on_a_timer() {
    let spy = Spy::default();
    let app = spy.app_with(|config| config.state.renew_every = Some(HOUR));
    let mut browser = browser_after(2 * HOUR, &spy, &app).await;
    let mut session = browser.request();
    PassiveRequest::new(&session);
    session.insert("theme", "light").await.unwrap();
    let response = browser.respond(session).await.unwrap();
    assert!(set_cookie(&response).is_none());
}

#[tokio::test]
async fn an_untouched_passive_request_moves_no_deadline_even_if_any_request_is_activity() {
    let spy = Spy::default();
    let app = spy.app_with(|config| config.state.activity = Activity::AnyRequest);
    let mut browser = browser_after(20 * HOUR, &spy, &app).await;
    let session = browser.request();
    passive_requests(&session);
    browser.respond(session).await.unwrap();
    assert!(spy.operations().is_empty());
}

#[tokio::test]
async fn a_log_in_is_activity_in_a_passive_request_too() {
    let spy = Spy::default();
    let app = spy.app();
    let mut browser = browser_after(20 * HOUR, &spy, &app).await;
    let mut session = browser.request();
    PassiveRequest::new(&session);
    session.log_in(LogIn::new(alice())).await.unwrap();
    browser.respond(session).await.unwrap();
    assert_eq!(left(&browser).await, Some(DAY));
    let sessions = registry(&app).list(&alice()).await.unwrap();
    assert_eq!(sessions[0].last_active_at, app.clock.now());
}

#[tokio::test]
async fn a_request_stays_passive_after_the_end_of_its_session() {
    let spy = Spy::default();
    let app = spy.app();
    let mut browser = browser_after(HOUR, &spy, &app).await;
    let mut session = browser.request();
    PassiveRequest::new(&session);
    session.invalidate();
    session.insert("notice", "over").await.unwrap();
    session.commit().await.unwrap();
    app.clock.advance(20 * HOUR);
    session.insert("notice", "long over").await.unwrap();
    browser.respond(session).await.unwrap();
    assert_eq!(left(&browser).await, Some(4 * HOUR));
}

#[tokio::test]
async fn a_session_without_a_record_is_not_extended_by_a_passive_request() {
    let app = TestApp::new(session::SessionStore::cookie_only());
    let mut browser = app.browser();
    let mut session = browser.request();
    session.client_mut().insert("language", "de").unwrap();
    browser.respond(session).await.unwrap();
    app.clock.advance(HOUR);

    let mut session = browser.request();
    PassiveRequest::new(&session);
    session.client_mut().insert("language", "fr").unwrap();
    let response = browser.respond(session).await.unwrap();
    let cookie = set_cookie(&response).unwrap();
    assert!(cookie.contains("Max-Age=3600"), "{cookie}");
    assert_eq!(left(&browser).await, Some(HOUR));
}

#[tokio::test]
async fn the_remaining_time_is_that_of_the_cookie_which_the_browser_has() {
    let spy = Spy::default();
    let app = spy.app();
    let mut browser = browser_after(20 * HOUR, &spy, &app).await;
    assert_eq!(left(&browser).await, Some(4 * HOUR));
    // The answer with the later deadline does not arrive.
    let active = browser.request();
    active.force_load().await.unwrap();
    browser.clone().respond(active).await.unwrap();
    assert_eq!(left(&browser).await, Some(4 * HOUR));
    let active = browser.request();
    active.force_load().await.unwrap();
    browser.respond(active).await.unwrap();
    assert_eq!(left(&browser).await, Some(DAY));
}

#[tokio::test]
async fn no_time_remains_without_a_session() {
    let spy = Spy::default();
    let app = spy.app();
    assert_eq!(left(&app.browser()).await, None);
    let mut browser = browser_after(HOUR, &spy, &app).await;
    let forgotten = browser.clone();
    let mut session = browser.request();
    session.invalidate();
    assert_eq!(session.remaining().await.unwrap(), None);
    browser.respond(session).await.unwrap();
    assert_eq!(left(&forgotten).await, None);
}

#[tokio::test]
async fn the_remaining_time_of_a_session_that_cannot_be_loaded_is_an_error() {
    let spy = Spy::default();
    let app = spy.app();
    let browser = browser_after(HOUR, &spy, &app).await;
    spy.behave(Behaviour::Down);
    assert!(browser.request().remaining().await.is_err());
}
