//! The removal of a cookie that no later request can use.

use pavex::Response;
use pavex::http::{HeaderValue, StatusCode};
use session::config::{CookiePersistence, RecordCreation, TokenReuse};
use session::store::{SerializedState, SessionStorageBackend};
use session::testing::{TestApp, TestBrowser, set_cookie};

use crate::events::Names;
use crate::support::*;

const REMOVAL: &str = "__Host-Http-id=; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=0";
const UNKNOWN: &str = "session.unknown session.id";
const BAD_COOKIE: &str = "session.bad_cookie ignored reason";

/// A browser whose session was revoked.
async fn browser_with_revoked_session(app: &TestApp) -> TestBrowser {
    let browser = browser_with_session(app).await;
    let id = browser.request().id().unwrap();
    app.store.backend().unwrap().delete(id, None).await.unwrap();
    browser
}

/// Reads the session in one request, and returns the header that sets or removes its cookie.
async fn read(browser: &mut TestBrowser) -> Option<String> {
    let session = browser.request();
    assert!(!session.contains_key("theme").await.unwrap());
    let response = browser.respond(session).await.unwrap();
    set_cookie(&response).map(ToOwned::to_owned)
}

/// Checks that an untouched request does nothing, that the next one removes the cookie, and that
/// the one after it has neither a cookie nor a cost.
async fn is_removed_once(browser: &mut TestBrowser, spy: &Spy, operations: &[&str], event: &str) {
    let names = Names::default();
    let _guard = names.listen();
    spy.operations();
    let response = browser.respond(browser.request()).await.unwrap();
    assert!(response.headers().is_empty(), "{:?}", response.headers());
    assert!(spy.operations().is_empty());
    assert!(names.take().is_empty());

    assert_eq!(read(browser).await.as_deref(), Some(REMOVAL));
    assert_eq!(spy.operations(), operations);
    assert_eq!(names.take().join(", "), event);

    assert_eq!(browser.cookie(), None);
    assert_eq!(read(browser).await, None);
    assert!(spy.operations().is_empty());
    assert!(names.take().is_empty());
}

#[tokio::test]
async fn the_cookie_of_a_revoked_session_is_removed_once() {
    let spy = Spy::default();
    let mut browser = browser_with_revoked_session(&spy.app()).await;
    is_removed_once(&mut browser, &spy, &["load"], UNKNOWN).await;
}

#[tokio::test]
async fn a_cookie_under_a_key_that_was_replaced_is_removed_once() {
    let spy = Spy::default();
    let old = browser_with_session(&spy.app()).await;
    let mut browser = spy.app().browser();
    browser.set_cookie(old.cookie().map(ToOwned::to_owned));
    is_removed_once(&mut browser, &spy, &[], BAD_COOKIE).await;
}

#[tokio::test]
async fn an_empty_cookie_is_removed_once() {
    let spy = Spy::default();
    let mut browser = spy.app().browser();
    browser.set_cookie(Some("__Host-Http-id=".to_owned()));
    is_removed_once(&mut browser, &spy, &[], BAD_COOKIE).await;
}

#[tokio::test]
async fn the_cookie_of_a_session_past_the_deadline_in_its_record_is_removed_a_minute_later() {
    let spy = Spy::default();
    let app = spy.app();
    let mut browser = browser_with_session(&app).await;
    let id = browser.request().id().unwrap();
    let mut record = (*spy.inner().load(id).await.unwrap().unwrap()).clone();
    record.expires_at = app.clock.now() + HOUR;
    // The store keeps the later one of two deadlines, so the record is created anew.
    spy.inner().delete(id, None).await.unwrap();
    _ = spy.inner().create(&record.into()).await.unwrap();
    app.clock.advance(HOUR);
    assert_eq!(
        read(&mut browser).await,
        None,
        "the deadline may be moved at this moment"
    );
    app.clock.advance(MINUTE);
    is_removed_once(&mut browser, &spy, &["load"], "session.expired session.id").await;
}

#[tokio::test]
async fn a_cookie_past_its_own_deadline_is_removed_a_minute_later() {
    let spy = Spy::default();
    let app = spy.app_with(|config| config.cookie.persistence = CookiePersistence::BrowserSession);
    let mut browser = browser_with_session(&app).await;
    app.clock.advance(DAY);
    assert_eq!(
        read(&mut browser).await,
        None,
        "the deadline may have been moved"
    );
    app.clock.advance(MINUTE);
    is_removed_once(&mut browser, &spy, &[], "").await;
}

#[tokio::test]
async fn a_dead_cookie_is_removed_by_a_server_error_and_replaced_by_a_new_session() {
    let app = Spy::default().app();
    let mut browser = browser_with_revoked_session(&app).await;
    let session = browser.request();
    session.force_load().await.unwrap();
    let status = StatusCode::INTERNAL_SERVER_ERROR;
    let response = browser.respond_with(status, session).await.unwrap();
    assert_eq!(set_cookie(&response), Some(REMOVAL));

    let mut session = browser.request();
    session.insert("theme", "light").await.unwrap();
    let response = browser.respond(session).await.unwrap();
    assert_ne!(set_cookie(&response), Some(REMOVAL));
    assert!(browser.request().contains_key("theme").await.unwrap());
}

#[tokio::test]
async fn a_dead_cookie_is_removed_by_navigations_and_by_clients_without_fetch_metadata() {
    let app = Spy::default().app();
    let browser = browser_with_revoked_session(&app).await;
    for (headers, removes) in [
        (&[][..], true),
        (&[("sec-fetch-mode", "navigate")][..], true),
        (&[("sec-fetch-mode", "cors")][..], false),
        (&[("sec-fetch-mode", "no-cors")][..], false),
        (
            &[("sec-fetch-mode", "navigate"), ("sec-purpose", "prefetch")][..],
            false,
        ),
    ] {
        let mut head = head_with("");
        for (name, value) in headers {
            head.headers.insert(*name, HeaderValue::from_static(value));
        }
        let session = browser.request();
        session.force_load().await.unwrap();
        let response = session::finalize_session(Response::ok(), session, &head)
            .await
            .unwrap();
        let expected = removes.then_some(REMOVAL);
        assert_eq!(set_cookie(&response), expected, "{headers:?}");
    }
}

#[tokio::test]
async fn an_id_that_is_only_asked_for_removes_no_cookie() {
    let mut browser = Spy::default().app().browser();
    browser.set_cookie(Some("__Host-Http-id=rubbish".to_owned()));
    let session = browser.request();
    assert_eq!(session.id(), None);
    let response = browser.respond(session).await.unwrap();
    assert!(response.headers().is_empty(), "{:?}", response.headers());
}

/// The browser may have the cookie after a renewal by now, which a removal would delete.
#[tokio::test]
async fn a_replaced_secret_removes_the_cookie_only_if_its_use_revokes_the_session() {
    for (on_token_reuse, expected) in [
        (TokenReuse::Reject, None),
        (TokenReuse::Revoke, Some(REMOVAL)),
    ] {
        let app = Spy::default().app_with(|config| config.state.on_token_reuse = on_token_reuse);
        let mut browser = browser_with_session(&app).await;
        let mut old = browser.clone();
        let mut session = browser.request();
        session.renew();
        browser.respond(session).await.unwrap();
        assert_eq!(
            read(&mut old.clone()).await,
            None,
            "it was replaced a moment ago"
        );
        app.clock.advance(HOUR);
        assert_eq!(read(&mut old).await.as_deref(), expected);
    }
}

#[tokio::test]
async fn a_session_that_ends_during_a_request_keeps_its_cookie() {
    let app = Spy::default().app();
    let mut browser = browser_with_session(&app).await;
    let mut session = browser.request();
    session.insert("theme", "light").await.unwrap();
    let id = session.id().unwrap();
    app.store.backend().unwrap().delete(id, None).await.unwrap();
    let response = browser.respond(session).await.unwrap();
    assert_eq!(set_cookie(&response), None);
}

#[tokio::test]
async fn a_cookie_and_a_record_of_a_newer_release_are_kept() {
    let spy = Spy::default();
    let app = spy.app();
    let mut browser = browser_with_session(&app).await;
    let id = browser.request().id().unwrap();
    let mut record = (*spy.inner().load(id).await.unwrap().unwrap()).clone();
    let expected = record.revision;
    record.revision = expected.next();
    record.state = SerializedState::from_json("{\"theme\":");
    _ = spy.inner().replace(&record.into(), expected).await.unwrap();
    assert_eq!(read(&mut browser).await, None);

    browser.set_cookie(Some(newer_cookie(&app)));
    assert_eq!(read(&mut browser).await, None);
    assert!(browser.cookie().is_some());
}

/// The browser may have sent the cookie that the response would remove as the other one.
#[tokio::test]
async fn a_dead_cookie_is_kept_beside_one_that_a_later_request_may_use() {
    let app = Spy::default().app_with(|config| {
        config.state.record = RecordCreation::IfServerSide;
    });
    let mut without_record = app.browser();
    let mut session = without_record.request();
    session.client_mut().insert("language", "de").unwrap();
    without_record.respond(session).await.unwrap();
    app.clock.advance(MINUTE);
    let dead = browser_with_revoked_session(&app).await;
    let newer = newer_cookie(&app);
    for (other, removes) in [
        (newer.as_str(), false),
        (without_record.cookie().unwrap(), false),
        ("__Host-Http-id=rubbish", true),
    ] {
        let session = app.session(&head_with(format!("{}; {other}", dead.cookie().unwrap())));
        session.force_load().await.unwrap();
        let response = app.browser().respond(session).await.unwrap();
        assert_eq!(set_cookie(&response).is_some(), removes, "{other}");
    }
}
