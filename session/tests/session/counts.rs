//! The cost of a request: store operations and cookies (invariants I1 and I2).

use session::config::Activity;
use session::store::SessionStorageBackend;
use session::testing::set_cookie;

use crate::support::*;

#[tokio::test]
async fn an_untouched_request_costs_nothing() {
    let spy = Spy::default();
    let mut browser = browser_with_session(&spy.app()).await;
    spy.operations();
    let response = browser.respond(browser.request()).await.unwrap();
    assert!(spy.operations().is_empty());
    assert_eq!(response.headers().len(), 0, "{:?}", response.headers());
}

#[tokio::test]
async fn a_visitor_without_a_cookie_costs_nothing_until_something_is_written() {
    let spy = Spy::default();
    let mut browser = spy.app().browser();
    let session = browser.request();
    assert_eq!(session.get::<String>("theme").await.unwrap(), None);
    let response = browser.respond(session).await.unwrap();
    assert!(spy.operations().is_empty());
    assert!(set_cookie(&response).is_none());
}

#[tokio::test]
async fn a_read_costs_one_load() {
    let spy = Spy::default();
    let mut browser = browser_with_session(&spy.app()).await;
    spy.operations();
    let session = browser.request();
    session.get::<String>("theme").await.unwrap();
    session.contains_key("other").await.unwrap();
    session.is_empty().await.unwrap();
    let response = browser.respond(session).await.unwrap();
    assert_eq!(spy.operations(), ["load"]);
    assert!(set_cookie(&response).is_none());
}

#[tokio::test]
async fn a_change_costs_a_load_and_a_replace_and_no_cookie() {
    let spy = Spy::default();
    let mut browser = browser_with_session(&spy.app()).await;
    spy.operations();
    let mut session = browser.request();
    session.insert("theme", "light").await.unwrap();
    session
        .update("n", |n: Option<u8>| n.unwrap_or(0) + 1)
        .await
        .unwrap();
    let response = browser.respond(session).await.unwrap();
    assert_eq!(spy.operations(), ["load", "replace"]);
    assert!(set_cookie(&response).is_none());
}

#[tokio::test]
async fn a_new_session_costs_one_create() {
    let spy = Spy::default();
    browser_with_session(&spy.app()).await;
    assert_eq!(spy.operations(), ["create"]);
}

#[tokio::test]
async fn a_renewal_costs_a_load_and_a_replace() {
    let spy = Spy::default();
    let mut browser = browser_with_session(&spy.app()).await;
    spy.operations();
    let mut session = browser.request();
    session.insert("user_id", &7).await.unwrap();
    session.renew();
    let response = browser.respond(session).await.unwrap();
    assert_eq!(spy.operations(), ["load", "replace"]);
    assert!(set_cookie(&response).is_some());
}

#[tokio::test]
async fn a_log_out_costs_a_load_and_a_delete() {
    let spy = Spy::default();
    let mut browser = browser_with_session(&spy.app()).await;
    spy.operations();
    let mut session = browser.request();
    session.invalidate();
    browser.respond(session).await.unwrap();
    assert_eq!(spy.operations(), ["load", "delete"]);
}

/// The record may be gone, or have another secret.
#[tokio::test]
async fn a_log_out_of_a_session_that_has_ended_costs_one_load_more() {
    let spy = Spy::default();
    let app = spy.app();
    let mut browser = browser_with_session(&app).await;
    let id = browser.request().id().unwrap();
    spy.inner().delete(id, None).await.unwrap();
    spy.operations();
    let mut session = browser.request();
    session.log_out();
    browser.respond(session).await.unwrap();
    assert_eq!(spy.operations(), ["load", "delete", "load"]);
}

#[tokio::test]
async fn an_equal_value_is_not_a_change() {
    let spy = Spy::default();
    let mut browser = browser_with_session(&spy.app()).await;
    spy.operations();
    let mut session = browser.request();
    session.insert("theme", "dark").await.unwrap();
    session.remove("absent").await.unwrap();
    session
        .update("theme", |t: Option<String>| t.unwrap())
        .await
        .unwrap();
    browser.respond(session).await.unwrap();
    assert_eq!(spy.operations(), ["load"]);
}

#[tokio::test]
async fn a_session_whose_content_was_removed_again_is_never_created() {
    let spy = Spy::default();
    let mut browser = spy.app().browser();
    let mut session = browser.request();
    session.insert("theme", "dark").await.unwrap();
    session.remove("theme").await.unwrap();
    let response = browser.respond(session).await.unwrap();
    assert!(spy.operations().is_empty());
    assert!(set_cookie(&response).is_none());
}

#[tokio::test]
async fn the_deadline_is_moved_only_once_a_fifth_of_the_idle_timeout_is_over() {
    let spy = Spy::default();
    let app = spy.app();
    let mut browser = browser_with_session(&app).await;
    spy.operations();

    app.clock.advance(DAY / 5 - MINUTE);
    let session = browser.request();
    session.force_load().await.unwrap();
    let response = browser.respond(session).await.unwrap();
    assert_eq!(spy.operations(), ["load"]);
    assert!(set_cookie(&response).is_none());

    app.clock.advance(2 * MINUTE);
    let session = browser.request();
    session.force_load().await.unwrap();
    let response = browser.respond(session).await.unwrap();
    assert_eq!(spy.operations(), ["load", "touch"]);
    assert!(set_cookie(&response).unwrap().contains("Max-Age=86400"));
}

#[tokio::test]
async fn a_change_moves_the_deadline_without_a_further_operation() {
    let spy = Spy::default();
    let app = spy.app();
    let mut browser = browser_with_session(&app).await;
    spy.operations();
    app.clock.advance(12 * HOUR);
    let mut session = browser.request();
    session.insert("theme", "light").await.unwrap();
    let response = browser.respond(session).await.unwrap();
    assert_eq!(spy.operations(), ["load", "replace"]);
    assert!(set_cookie(&response).unwrap().contains("Max-Age=86400"));
}

#[tokio::test]
async fn an_untouched_request_moves_the_deadline_only_if_configured_and_due() {
    let spy = Spy::default();
    let app = spy.app_with(|config| config.state.activity = Activity::AnyRequest);
    let mut browser = browser_with_session(&app).await;
    spy.operations();
    browser.respond(browser.request()).await.unwrap();
    assert!(spy.operations().is_empty());

    app.clock.advance(12 * HOUR);
    browser.respond(browser.request()).await.unwrap();
    assert_eq!(spy.operations(), ["load", "touch"]);

    app.clock.advance(20 * HOUR);
    let session = browser.request();
    assert!(session.contains_key("theme").await.unwrap());
}

#[tokio::test]
async fn a_read_does_not_move_the_deadline_if_only_changes_are_activity() {
    let spy = Spy::default();
    let app = spy.app_with(|config| config.state.activity = Activity::Changes);
    let mut browser = browser_with_session(&app).await;
    spy.operations();
    app.clock.advance(23 * HOUR);
    let session = browser.request();
    session.force_load().await.unwrap();
    browser.respond(session).await.unwrap();
    assert_eq!(spy.operations(), ["load"]);
}

#[tokio::test]
async fn a_change_of_the_client_side_state_after_a_read_costs_two_loads() {
    let spy = Spy::default();
    let mut browser = browser_with_session(&spy.app()).await;
    spy.operations();
    let mut session = browser.request();
    session.force_load().await.unwrap();
    session.client_mut().insert("language", "de").unwrap();
    let response = browser.respond(session).await.unwrap();
    assert_eq!(spy.operations(), ["load", "load"]);
    assert!(set_cookie(&response).is_some());
}

#[tokio::test]
async fn a_change_of_the_client_side_state_costs_a_load_and_a_cookie() {
    let spy = Spy::default();
    let mut browser = browser_with_session(&spy.app()).await;
    spy.operations();
    let mut session = browser.request();
    session.client_mut().insert("language", "de").unwrap();
    let response = browser.respond(session).await.unwrap();
    assert_eq!(spy.operations(), ["load"]);
    assert!(set_cookie(&response).is_some());

    let session = browser.request();
    let language: Option<String> = session.client().get("language").unwrap();
    assert_eq!(language.as_deref(), Some("de"));
    browser.respond(session).await.unwrap();
    assert!(spy.operations().is_empty(), "reading it costs nothing");
}
