//! Changes that are dropped because their session ended, or got a new secret, meanwhile.

use pavex::http::StatusCode;
use session::config::DiscardedChanges;
use session::testing::{TestApp, TestBrowser, set_cookie};
use session::{FlashLevel, Session, SessionError};

use crate::support::*;

/// The event that makes a request come too late.
#[derive(Clone, Copy, Debug)]
enum Event {
    Ended,
    Renewed,
}

/// The handler of that request.
#[derive(Clone, Copy, Debug)]
enum Change {
    ServerSide,
    ClientSide,
    Renewal,
    Nothing,
}

fn app(answer: DiscardedChanges) -> TestApp {
    Spy::default().app_with(|config| config.state.discarded_changes = answer)
}

/// Makes a change in a session that ends, or is renewed, before the change is committed.
async fn late_request(app: &TestApp, event: Event, change: Change) -> (TestBrowser, Session) {
    let browser = browser_with_session(app).await;
    let mut late = browser.request();
    late.force_load().await.unwrap();
    match change {
        Change::ServerSide => late.insert("a", &1).await.unwrap(),
        Change::ClientSide => late.client_mut().insert("a", &1).unwrap(),
        Change::Renewal => late.renew(),
        Change::Nothing => {}
    }
    let mut first = browser.request();
    match event {
        Event::Ended => first.invalidate(),
        Event::Renewed => first.renew(),
    }
    first.commit().await.unwrap();
    (browser, late)
}

const EVENTS: [Event; 2] = [Event::Ended, Event::Renewed];

#[tokio::test]
async fn a_commit_whose_changes_are_dropped_is_an_error_under_each_configuration() {
    for answer in [DiscardedChanges::Log, DiscardedChanges::Conflict] {
        for event in EVENTS {
            for change in [Change::ServerSide, Change::ClientSide] {
                let app = app(answer);
                let (browser, mut late) = late_request(&app, event, change).await;
                let error = late.commit().await.unwrap_err();
                assert!(
                    matches!(error, SessionError::Discarded),
                    "{event:?} {change:?}"
                );
                assert_eq!(error.into_response().status(), StatusCode::CONFLICT);
                // The handler has dealt with it.
                let response = browser.respond_with(StatusCode::OK, late).await.unwrap();
                assert_eq!(set_cookie(&response), None);
            }
        }
    }
}

#[tokio::test]
async fn a_request_whose_changes_are_dropped_succeeds_by_default_and_fails_if_configured() {
    for event in EVENTS {
        for change in [Change::ServerSide, Change::ClientSide] {
            let app = app(DiscardedChanges::Log);
            let (browser, late) = late_request(&app, event, change).await;
            assert!(browser.respond_with(StatusCode::OK, late).await.is_ok());

            let app = self::app(DiscardedChanges::Conflict);
            let (browser, late) = late_request(&app, event, change).await;
            let outcome = browser.respond_with(StatusCode::OK, late).await;
            assert!(matches!(outcome, Err(SessionError::Discarded)));
        }
    }
}

#[tokio::test]
async fn a_late_request_without_changes_of_values_succeeds_under_each_configuration() {
    for event in EVENTS {
        for change in [Change::Renewal, Change::Nothing] {
            let app = app(DiscardedChanges::Conflict);
            let (browser, mut late) = late_request(&app, event, change).await;
            late.commit().await.unwrap();
            assert!(browser.respond_with(StatusCode::OK, late).await.is_ok());
        }
    }
}

#[tokio::test]
async fn a_write_of_a_request_that_was_under_way_at_a_renewal_is_dropped_with_an_error() {
    let app = app(DiscardedChanges::Conflict);
    let browser = browser_with_session(&app).await;
    let mut late = browser.request();
    let mut renewal = browser.request();
    renewal.renew();
    renewal.commit().await.unwrap();
    late.insert("a", &1).await.unwrap();
    let outcome = browser.respond_with(StatusCode::OK, late).await;
    assert!(matches!(outcome, Err(SessionError::Discarded)));
}

#[tokio::test]
async fn a_page_that_shows_a_flash_message_beside_a_log_out_is_sent() {
    let app = app(DiscardedChanges::Conflict);
    let mut browser = app.browser();
    let mut session = browser.request();
    session.flash(FlashLevel::Info, "saved").await.unwrap();
    browser.respond(session).await.unwrap();
    let mut page = browser.request();
    assert_eq!(page.flashes().await.unwrap().len(), 1);
    let mut log_out = browser.request();
    log_out.log_out();
    log_out.commit().await.unwrap();
    assert!(browser.respond_with(StatusCode::OK, page).await.is_ok());
}

#[tokio::test]
async fn a_log_in_moves_the_changes_into_a_new_session_and_drops_none() {
    let app = app(DiscardedChanges::Conflict);
    let (mut browser, mut late) = late_request(&app, Event::Ended, Change::ServerSide).await;
    let owner = crate::support::alice();
    late.log_in_keeping(owner, ["a"]).await.unwrap();
    late.commit().await.unwrap();
    browser.respond(late).await.unwrap();
    assert!(browser.request().contains_key("a").await.unwrap());
}
