//! Flash messages.

use pavex::Response;
use pavex::http::{HeaderValue, Method, StatusCode};
use pavex::request::RequestHead;
use session::testing::{TestApp, TestBrowser};
use session::{FlashLevel, SessionStore};

use crate::support::*;

/// The texts that a page with that status shows.
async fn page(browser: &mut TestBrowser, status: StatusCode) -> Vec<String> {
    answer(browser, &head_with(""), status).await
}

/// The texts in the answer with that status to such a request.
async fn answer(browser: &mut TestBrowser, head: &RequestHead, status: StatusCode) -> Vec<String> {
    let mut session = browser.request();
    let flashes = session.flashes().await.unwrap();
    let response = session::finalize_session(Response::new(status), session, head).await;
    browser.receive(&response.unwrap());
    flashes.into_iter().map(|flash| flash.text).collect()
}

fn head_with_purpose(name: &'static str, value: &'static str) -> RequestHead {
    let mut head = head_with("");
    let value = HeaderValue::from_static(value);
    head.headers.insert(name, value);
    head
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
async fn messages_are_shown_once_in_their_order_by_the_next_page() {
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
async fn a_page_that_asks_for_messages_twice_gets_each_once() {
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
async fn messages_stay_after_a_response_that_is_not_a_page_or_is_an_error() {
    for app in apps() {
        let mut browser = app.browser();
        leave(&mut browser, "saved").await;
        for status in [
            204, 205, 301, 302, 303, 304, 307, 308, 400, 404, 422, 500, 503,
        ] {
            let status = StatusCode::from_u16(status).unwrap();
            assert_eq!(page(&mut browser, status).await, ["saved"], "{status}");
        }
        assert_eq!(page(&mut browser, StatusCode::OK).await, ["saved"]);
        assert!(page(&mut browser, StatusCode::OK).await.is_empty());
    }
}

#[tokio::test]
async fn messages_are_removed_after_any_success_with_content() {
    for status in [200, 201, 202, 203, 206] {
        let mut browser = Spy::default().app().browser();
        leave(&mut browser, "saved").await;
        let status = StatusCode::from_u16(status).unwrap();
        assert_eq!(page(&mut browser, status).await, ["saved"]);
        assert!(
            page(&mut browser, StatusCode::OK).await.is_empty(),
            "{status}"
        );
    }
}

#[tokio::test]
async fn messages_stay_after_a_request_for_a_page_in_advance() {
    for app in apps() {
        let mut browser = app.browser();
        leave(&mut browser, "saved").await;
        for (name, value) in [
            ("sec-purpose", "prefetch"),
            ("sec-purpose", "prefetch;prerender"),
            ("sec-purpose", "prefetch;anonymous-client-ip"),
            ("x-sec-purpose", "prefetch"),
            ("purpose", "prefetch"),
            ("x-purpose", "preview"),
            ("x-moz", "prefetch"),
        ] {
            let head = head_with_purpose(name, value);
            let texts = answer(&mut browser, &head, StatusCode::OK).await;
            assert_eq!(texts, ["saved"], "{name}: {value}");
        }
        let head = head_with_purpose("purpose", "prefetching-is-not-this");
        assert_eq!(answer(&mut browser, &head, StatusCode::OK).await, ["saved"]);
        assert!(page(&mut browser, StatusCode::OK).await.is_empty());
    }
}

#[tokio::test]
async fn messages_stay_after_a_head_request() {
    for app in apps() {
        let mut browser = app.browser();
        leave(&mut browser, "saved").await;
        let mut head = head_with("");
        head.method = Method::HEAD;
        assert_eq!(answer(&mut browser, &head, StatusCode::OK).await, ["saved"]);
        assert_eq!(page(&mut browser, StatusCode::OK).await, ["saved"]);
        assert!(page(&mut browser, StatusCode::OK).await.is_empty());
    }
}

#[tokio::test]
async fn messages_stay_after_a_server_error_where_server_errors_save_changes() {
    let app = Spy::default().app_with(|config| config.state.save_on_server_error = true);
    let mut browser = app.browser();
    leave(&mut browser, "saved").await;
    let status = StatusCode::INTERNAL_SERVER_ERROR;
    assert_eq!(page(&mut browser, status).await, ["saved"]);
    assert_eq!(page(&mut browser, StatusCode::OK).await, ["saved"]);
}

#[tokio::test]
async fn a_message_that_is_left_while_a_page_is_made_is_for_the_page_after_it() {
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
async fn a_page_that_asks_for_messages_writes_nothing_if_there_are_none() {
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
