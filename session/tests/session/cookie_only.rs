//! Sessions without a store.

use pavex::http::StatusCode;
use session::testing::{TestApp, set_cookie};
use session::{SessionError, SessionStore};

use crate::several_cookies::{request, two};
use crate::support::*;
use crate::valid_from::moved;

#[tokio::test]
async fn a_session_in_the_cookie_only_is_changed_renewed_and_ended() {
    let app = TestApp::new(SessionStore::cookie_only());
    let mut browser = app.browser();
    let mut session = browser.request();
    session.client_mut().insert("language", "de").unwrap();
    browser.respond(session).await.unwrap();

    let mut session = browser.request();
    assert!(session.client().contains_key("language"));
    session.renew();
    let before = browser.cookie().unwrap().to_owned();
    browser.respond(session).await.unwrap();
    assert_ne!(browser.cookie().unwrap(), before);

    let mut session = browser.request();
    assert!(session.client().contains_key("language"));
    session.invalidate();
    assert!(!session.client().contains_key("language"));
    browser.respond(session).await.unwrap();
    assert_eq!(browser.cookie(), None);
}

#[tokio::test]
async fn a_session_in_the_cookie_only_is_extended_up_to_the_absolute_timeout() {
    let app = TestApp::new(SessionStore::cookie_only());
    let mut browser = app.browser();
    let mut session = browser.request();
    session.client_mut().insert("language", "de").unwrap();
    session.commit().await.unwrap();
    let id = session.id().unwrap();
    browser.respond(session).await.unwrap();
    let mut uses = 0;
    loop {
        app.clock.advance(HOUR);
        let session = browser.request();
        if !session.client().contains_key("language") {
            break;
        }
        assert_eq!(session.id(), Some(id));
        browser.respond(session).await.unwrap();
        uses += 1;
        assert!(uses < 40, "the absolute timeout of a day holds");
    }
    assert_eq!(uses, 23, "23 hours are just under a day");
}

#[tokio::test]
async fn server_side_state_without_a_store_is_refused_with_advice() {
    let app = TestApp::new(SessionStore::cookie_only());
    let mut browser = app.browser();
    let mut session = browser.request();
    let refused = session.insert("cart", &1).await.unwrap_err();
    assert!(matches!(refused, SessionError::Store(_)));
    assert_eq!(
        refused.into_response().status(),
        StatusCode::INTERNAL_SERVER_ERROR
    );
    let source = std::error::Error::source(&refused).unwrap().to_string();
    assert!(source.contains("register a session store"), "{source}");
    assert!(session.get::<u32>("cart").await.is_err());
    let response = browser.respond(session).await.unwrap();
    assert!(set_cookie(&response).is_none());
}

/// The application with a store, and after it has given up its store.
fn before_and_after() -> (TestApp, TestApp) {
    let before = Spy::default().app();
    let mut after = before.clone();
    after.store = SessionStore::cookie_only();
    (before, after)
}

#[tokio::test]
async fn a_cookie_from_before_the_store_was_given_up_is_dead_and_causes_no_error() {
    let (before, after) = before_and_after();
    let mut browser = before.browser();
    log_in(&mut browser, alice()).await.unwrap();
    let mut session = browser.request();
    session.client_mut().insert("theme", "dark").unwrap();
    browser.respond(session).await.unwrap();

    let mut moved = moved(&browser, &after);
    let session = moved.request();
    // A value that can be read must not be lost by the next change of another one.
    assert!(!session.client().contains_key("theme"));
    assert_eq!(session.principal().await.unwrap(), None);
    let recent = session.recent().await.unwrap();
    assert_eq!(recent.principal(), None);
    moved.respond(session).await.unwrap();
    assert_eq!(moved.cookie(), None);

    moved.set_cookie(browser.cookie().map(str::to_owned));
    let mut session = moved.request();
    session.client_mut().insert("language", "de").unwrap();
    moved.respond(session).await.unwrap();
    assert!(moved.request().client().contains_key("language"));
}

/// There is no record that could go on, and the response removes the cookie.
#[tokio::test]
async fn a_log_out_with_a_cookie_of_a_newer_release_removes_it() {
    let (_, app) = before_and_after();
    let mut browser = app.browser();
    browser.set_cookie(Some(newer_cookie(&app)));
    let mut session = browser.request();
    session.log_out();
    browser.respond(session).await.unwrap();
    assert_eq!(browser.cookie(), None);
}

#[tokio::test]
async fn a_log_out_with_cookies_from_before_the_store_was_given_up_succeeds() {
    let (before, after) = before_and_after();
    let [older, newer] = two(&before).await;
    let mut session = request(&after, &[&older, &newer]);
    session.log_out();
    let mut browser = after.browser();
    browser.respond(session).await.unwrap();
    assert_eq!(browser.cookie(), None);
}
