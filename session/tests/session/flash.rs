//! Flash messages.

use pavex::http::StatusCode;
use session::testing::{TestApp, TestBrowser};
use session::{FlashLevel, SessionStore};

use crate::support::*;

/// The texts that a page with that status shows.
async fn page(browser: &mut TestBrowser, status: StatusCode) -> Vec<String> {
    let mut session = browser.request();
    let flashes = session.flashes().await.unwrap();
    let response = browser.respond_with(status, session).await.unwrap();
    browser.receive(&response);
    flashes.into_iter().map(|flash| flash.text).collect()
}

async fn leave(browser: &mut TestBrowser, text: &str) {
    let mut session = browser.request();
    session.flash(FlashLevel::Success, text).await.unwrap();
    let response = browser.respond_with(StatusCode::SEE_OTHER, session).await;
    browser.receive(&response.unwrap());
}

fn apps() -> [TestApp; 2] {
    [
        Spy::default().app(),
        TestApp::new(SessionStore::cookie_only()),
    ]
}

#[tokio::test]
async fn the_next_page_shows_the_messages_once_in_their_order() {
    for app in apps() {
        let mut browser = app.browser();
        leave(&mut browser, "saved").await;
        leave(&mut browser, "saved").await;
        leave(&mut browser, "sent").await;
        assert_eq!(
            page(&mut browser, StatusCode::OK).await,
            ["saved", "saved", "sent"]
        );
        assert!(page(&mut browser, StatusCode::OK).await.is_empty());
        assert!(browser.request().client().is_empty());
    }
}

#[tokio::test]
async fn a_page_that_asks_twice_gets_them_once() {
    let mut browser = Spy::default().app().browser();
    leave(&mut browser, "first").await;
    let mut session = browser.request();
    assert_eq!(session.flashes().await.unwrap().len(), 1);
    session.flash(FlashLevel::Info, "second").await.unwrap();
    let flashes = session.flashes().await.unwrap();
    assert_eq!(flashes.len(), 1);
    assert_eq!(flashes[0].text, "second");
    browser.respond(session).await.unwrap();
    assert!(page(&mut browser, StatusCode::OK).await.is_empty());
}

#[tokio::test]
async fn a_message_keeps_its_level() {
    let mut browser = Spy::default().app().browser();
    let levels = [
        FlashLevel::Info,
        FlashLevel::Success,
        FlashLevel::Warning,
        FlashLevel::Error,
    ];
    let mut session = browser.request();
    for level in levels {
        session.flash(level, level.as_str()).await.unwrap();
    }
    browser.respond(session).await.unwrap();
    let flashes = browser.request().flashes().await.unwrap();
    assert_eq!(flashes.len(), 4);
    for (flash, level) in flashes.iter().zip(levels) {
        assert_eq!((flash.level, &*flash.text), (level, level.as_str()));
    }
}

#[tokio::test]
async fn an_error_page_does_not_use_them_up() {
    for app in apps() {
        let mut browser = app.browser();
        leave(&mut browser, "saved").await;
        for status in [StatusCode::NOT_FOUND, StatusCode::INTERNAL_SERVER_ERROR] {
            assert_eq!(page(&mut browser, status).await, ["saved"]);
        }
        assert_eq!(page(&mut browser, StatusCode::OK).await, ["saved"]);
        assert!(page(&mut browser, StatusCode::OK).await.is_empty());
    }
}

#[tokio::test]
async fn an_error_page_does_not_use_them_up_where_errors_are_saved() {
    let app = Spy::default().app_with(|config| config.state.save_on_server_error = true);
    let mut browser = app.browser();
    leave(&mut browser, "saved").await;
    let status = StatusCode::INTERNAL_SERVER_ERROR;
    assert_eq!(page(&mut browser, status).await, ["saved"]);
    assert_eq!(page(&mut browser, StatusCode::OK).await, ["saved"]);
}

#[tokio::test]
async fn a_message_that_comes_while_a_page_is_made_is_for_the_next_one() {
    let app = Spy::default().app();
    let mut browser = app.browser();
    leave(&mut browser, "first").await;
    let mut session = browser.request();
    assert_eq!(session.flashes().await.unwrap().len(), 1);
    leave(&mut browser, "first").await;
    browser.respond(session).await.unwrap();
    // Equal, but left at the same moment of the test's clock: both count as shown.
    app.clock.advance(MINUTE);
    let mut session = browser.request();
    session.flashes().await.unwrap();
    leave(&mut browser, "second").await;
    browser.respond(session).await.unwrap();
    assert_eq!(page(&mut browser, StatusCode::OK).await, ["second"]);
}

#[tokio::test]
async fn a_page_without_messages_writes_nothing() {
    let spy = Spy::default();
    let mut browser = browser_with_session(&spy.app()).await;
    spy.operations();
    assert!(page(&mut browser, StatusCode::OK).await.is_empty());
    assert_eq!(spy.operations(), ["load"]);
    leave(&mut browser, "saved").await;
    page(&mut browser, StatusCode::OK).await;
    let session = browser.request();
    let entries = session.entries().await.unwrap();
    assert_eq!(entries.map(|(key, _)| key).collect::<Vec<_>>(), ["theme"]);
}

#[tokio::test]
async fn messages_end_with_the_session() {
    let mut browser = Spy::default().app().browser();
    leave(&mut browser, "for alice").await;
    let mut session = browser.request();
    session.flashes().await.unwrap();
    session.log_out();
    session.flash(FlashLevel::Info, "goodbye").await.unwrap();
    browser.respond(session).await.unwrap();
    assert_eq!(page(&mut browser, StatusCode::OK).await, ["goodbye"]);
}
