//! Log-out: the record ends, and chosen values may go on in a new session.

use session::testing::set_cookie;

use crate::support::*;
use crate::valid_from::{moved, restarted};

#[tokio::test]
async fn a_log_out_deletes_the_record_and_removes_the_cookie() {
    let spy = Spy::default();
    let mut browser = spy.app().browser();
    log_in(&mut browser, alice()).await.unwrap();
    let kept = browser.clone();
    let mut session = browser.request();
    session.log_out();
    let response = browser.respond(session).await.unwrap();
    assert!(set_cookie(&response).unwrap().contains("Max-Age=0"));
    assert_eq!(browser.cookie(), None);
    assert_eq!(spy.inner().len(), 0);
    assert_eq!(principal(&kept).await, None);
}

#[tokio::test]
async fn a_log_out_keeps_the_chosen_values_in_a_new_anonymous_session() {
    let spy = Spy::default();
    let mut browser = browser_with_session(&spy.app()).await;
    let mut session = browser.request();
    session.log_in_keeping(alice(), ["theme"]).await.unwrap();
    session.insert("address", "Elm Street 1").await.unwrap();
    session.client_mut().insert("language", "de").unwrap();
    session.client_mut().insert("nickname", "al").unwrap();
    browser.respond(session).await.unwrap();
    let kept = browser.clone();
    let id = browser.request().id();

    let mut session = browser.request();
    let keys = ["theme", "language", "no such key"];
    session.log_out_keeping(&keys).await.unwrap();
    browser.respond(session).await.unwrap();

    let session = browser.request();
    assert_ne!(session.id(), id);
    assert_eq!(session.principal().await.unwrap(), None);
    let entries = session.entries().await.unwrap();
    assert_eq!(entries.map(|(key, _)| key).collect::<Vec<_>>(), ["theme"]);
    let client = session.client().entries();
    assert_eq!(client.map(|(key, _)| key).collect::<Vec<_>>(), ["language"]);
    assert_eq!(principal(&kept).await, None);
    assert_eq!(spy.inner().len(), 1);
}

#[tokio::test]
async fn a_value_that_a_lowered_limit_refuses_does_not_prevent_a_log_out() {
    let spy = Spy::default();
    let app = spy.app();
    let mut browser = browser_with_session(&app).await;
    let mut session = browser.request();
    session.insert("big", &"x".repeat(200)).await.unwrap();
    session
        .client_mut()
        .insert("big", &"x".repeat(2_000))
        .unwrap();
    session.client_mut().insert("language", "de").unwrap();
    browser.respond(session).await.unwrap();
    let app = restarted(&app, |config| {
        config.state.max_size = 100;
        config.cookie.max_header_size = 1_000;
    });
    let mut browser = moved(&browser, &app);
    let mut session = browser.request();
    let keys = ["big", "language", "theme"];
    session.log_out_keeping(keys).await.unwrap();
    browser.respond(session).await.unwrap();
    let session = browser.request();
    let kept = session
        .entries()
        .await
        .unwrap()
        .map(|(key, _)| key.to_owned());
    assert_eq!(kept.collect::<Vec<_>>(), ["theme"]);
    let kept = session.client().entries().map(|(key, _)| key);
    assert_eq!(kept.collect::<Vec<_>>(), ["language"]);
    assert_eq!(spy.inner().len(), 1);
}

#[tokio::test]
async fn a_log_out_that_keeps_nothing_leaves_no_session() {
    let spy = Spy::default();
    let mut browser = browser_with_session(&spy.app()).await;
    let mut session = browser.request();
    session.log_out_keeping(&["no such key"]).await.unwrap();
    browser.respond(session).await.unwrap();
    assert_eq!(browser.cookie(), None);
    assert_eq!(spy.inner().len(), 0);
}
