//! The headers that keep the pages and cookies of a session out of caches.

use pavex::Response;
use pavex::http::header::{CACHE_CONTROL, HeaderName, HeaderValue, VARY};
use pavex::http::{HeaderMap, StatusCode};
use session::config::{PageCaching, SiteData};
use session::testing::{TestApp, TestBrowser, set_cookie};
use session::{Principal, Session};

use crate::support::*;

fn all(headers: &HeaderMap, name: HeaderName) -> Vec<&str> {
    let values = headers.get_all(name).into_iter();
    values.map(|value| value.to_str().unwrap()).collect()
}

fn cache_control(response: &Response) -> Vec<&str> {
    all(response.headers(), CACHE_CONTROL)
}

/// Answers with the `Cache-Control` of a handler.
async fn answer(session: Session, of_handler: &'static str) -> Response {
    let of_handler = HeaderValue::from_static(of_handler);
    let response = Response::ok().insert_header(CACHE_CONTROL, of_handler);
    let head = head_with("");
    session::finalize_session(response, session, &head)
        .await
        .unwrap()
}

/// A request that reads the session and changes nothing.
async fn reading(browser: &TestBrowser) -> Session {
    let session = browser.request();
    session.force_load().await.unwrap();
    session
}

/// A request whose response has a session cookie.
async fn writing(app: &TestApp) -> Session {
    let mut session = app.browser().request();
    session.insert("a", &1).await.unwrap();
    session
}

#[tokio::test]
async fn a_response_whose_handler_left_the_session_alone_may_be_cached() {
    let mut browser = browser_with_session(&Spy::default().app()).await;
    let response = browser.respond(browser.request()).await.unwrap();
    assert!(response.headers().is_empty(), "{:?}", response.headers());
    let session = browser.request();
    assert!(session.id().is_some());
    let response = browser.respond(session).await.unwrap();
    assert!(response.headers().is_empty(), "{:?}", response.headers());
}

#[tokio::test]
async fn a_response_whose_handler_read_the_session_is_for_one_visitor() {
    let app = Spy::default().app();
    let mut browser = browser_with_session(&app).await;
    let mut sessions = vec![reading(&browser).await];
    let session = browser.request();
    assert!(session.client().is_empty());
    sessions.push(session);
    let session = browser.request();
    assert!(session.principal().await.unwrap().is_none());
    sessions.push(session);
    // A visitor without a cookie.
    sessions.push(reading(&app.browser()).await);
    for session in sessions {
        let response = browser.respond(session).await.unwrap();
        assert_eq!(set_cookie(&response), None);
        assert_eq!(response.headers()[VARY], "Cookie");
        assert_eq!(cache_control(&response), ["private"]);
    }
}

#[tokio::test]
async fn a_response_with_a_session_cookie_is_not_stored_by_any_cache() {
    let app = Spy::default().app();
    let mut browser = app.browser();
    let mut session = browser.request();
    session.insert("a", &1).await.unwrap();
    let creation = browser.respond(session).await.unwrap();

    app.clock.advance(HOUR * 20);
    let extension = browser.respond(reading(&browser).await).await.unwrap();

    let mut session = browser.request();
    session.log_in(Principal::from(7_u64)).await.unwrap();
    let status = StatusCode::SEE_OTHER;
    let log_in = browser.respond_with(status, session).await.unwrap();
    browser.receive(&log_in);

    let mut session = browser.request();
    session.invalidate();
    let removal = browser.respond(session).await.unwrap();

    for response in [creation, extension, log_in, removal] {
        assert!(set_cookie(&response).is_some());
        assert_eq!(cache_control(&response), ["private, no-store"]);
    }
}

#[tokio::test]
async fn a_cache_control_of_the_handler_stays_if_no_session_cookie_is_sent() {
    let browser = browser_with_session(&Spy::default().app()).await;
    for of_handler in ["public, max-age=600", "no-cache", "private", "no-store"] {
        let response = answer(reading(&browser).await, of_handler).await;
        assert_eq!(set_cookie(&response), None);
        assert_eq!(cache_control(&response), [of_handler]);
    }
}

#[tokio::test]
async fn a_cache_control_of_the_handler_that_protects_a_session_cookie_is_sent_alone() {
    let app = Spy::default().app();
    for of_handler in ["no-store", "max-age=600, Private", "NO-STORE,no-transform"] {
        let response = answer(writing(&app).await, of_handler).await;
        assert!(set_cookie(&response).is_some());
        assert_eq!(cache_control(&response), [of_handler]);
    }
}

/// RFC 9111, section 4.2.1: the most restrictive directive counts.
#[tokio::test]
async fn a_cache_control_of_the_handler_that_would_share_a_session_cookie_is_overruled() {
    let app = Spy::default().app();
    for of_handler in [
        "public, max-age=600",
        "s-maxage=600",
        "no-cache",
        "private=\"set-cookie\"",
        "not-private",
    ] {
        let response = answer(writing(&app).await, of_handler).await;
        assert!(set_cookie(&response).is_some());
        assert_eq!(cache_control(&response), [of_handler, "private, no-store"]);
    }
}

#[tokio::test]
async fn a_vary_header_of_the_handler_is_kept_and_not_repeated() {
    let app = Spy::default().app();
    for (of_handler, expected) in [
        ("Accept, cookie", &["Accept, cookie"][..]),
        ("*", &["*"]),
        ("Accept", &["Accept", "Cookie"]),
    ] {
        let response = Response::ok().insert_header(VARY, HeaderValue::from_static(of_handler));
        let session = reading(&app.browser()).await;
        let head = head_with("");
        let response = session::finalize_session(response, session, &head).await;
        let response = response.unwrap();
        assert_eq!(all(response.headers(), VARY), expected);
    }
}

#[tokio::test]
async fn the_configuration_chooses_the_caches_of_pages_but_not_of_cookies() {
    for (pages, expected) in [
        (PageCaching::NoStore, Some("private, no-store")),
        (PageCaching::Any, None),
    ] {
        let app = Spy::default().app_with(|config| config.caching.pages = pages);
        let mut browser = browser_with_session(&app).await;
        let page = browser.respond(reading(&browser).await).await.unwrap();
        assert_eq!(cache_control(&page).first().copied(), expected, "{pages:?}");
        assert_eq!(page.headers()[VARY], "Cookie");
        let with_cookie = browser.respond(writing(&app).await).await.unwrap();
        assert_eq!(cache_control(&with_cookie), ["private, no-store"]);
    }
}

fn clear_site_data(response: &Response) -> Vec<&str> {
    all(
        response.headers(),
        HeaderName::from_static("clear-site-data"),
    )
}

async fn logged_in(app: &TestApp) -> TestBrowser {
    let mut browser = app.browser();
    let mut session = browser.request();
    session.insert("theme", "dark").await.unwrap();
    session.log_in(Principal::from(7_u64)).await.unwrap();
    let response = browser.respond(session).await.unwrap();
    assert_eq!(clear_site_data(&response), [""; 0]);
    browser
}

/// Requests that end a session, each in another way.
async fn endings(app: &TestApp) -> Vec<Session> {
    let mut sessions = Vec::new();
    for _ in 0..5 {
        sessions.push(logged_in(app).await.request());
    }
    // A visitor whose session is gone already.
    sessions.push(app.browser().request());
    sessions[0].log_out();
    sessions[1].log_out_keeping(["theme"]).await.unwrap();
    sessions[2].invalidate();
    sessions[3].log_in(Principal::from(8_u64)).await.unwrap();
    sessions[4].log_out();
    sessions[4].commit().await.unwrap();
    sessions[5].log_out();
    sessions
}

#[tokio::test]
async fn each_way_to_end_a_session_clears_the_cache_of_the_browser() {
    let app = Spy::default().app();
    for session in endings(&app).await {
        let debug = format!("{session:?}");
        let response = app.browser().respond(session).await.unwrap();
        assert_eq!(clear_site_data(&response), ["\"cache\""], "{debug}");
    }
}

#[tokio::test]
async fn a_request_that_ends_no_session_clears_nothing() {
    let app = Spy::default().app();
    let mut browser = logged_in(&app).await;
    let mut sessions = vec![browser.request(), reading(&browser).await];
    let mut session = browser.request();
    session.log_in(Principal::from(7_u64)).await.unwrap();
    sessions.push(session);
    for session in sessions {
        let response = browser.respond(session).await.unwrap();
        assert_eq!(clear_site_data(&response), [""; 0]);
    }
}

#[tokio::test]
async fn the_configuration_chooses_the_data_that_a_log_out_clears() {
    use SiteData::{Cache, Cookies, Storage};
    for (kinds, expected) in [
        (vec![], &[][..]),
        (vec![Storage], &["\"storage\""]),
        (
            vec![Storage, Cookies, Cache, Cache],
            &["\"cache\", \"cookies\", \"storage\""],
        ),
    ] {
        let app = Spy::default().app_with(|config| config.caching.clear_at_log_out = kinds);
        let mut session = logged_in(&app).await.request();
        session.log_out();
        let response = app.browser().respond(session).await.unwrap();
        assert_eq!(clear_site_data(&response), expected);
    }
}

/// Browsers would delete the cookie that the response sets.
#[tokio::test]
async fn a_log_out_clears_no_cookies_if_its_response_sets_the_cookie_of_another_session() {
    use SiteData::{Cache, Cookies};
    let app = Spy::default().app_with(|config| {
        config.caching.clear_at_log_out = vec![Cache, Cookies];
    });
    let mut browser = logged_in(&app).await;
    let mut switched = browser.request();
    switched.log_in(Principal::from(8_u64)).await.unwrap();
    let mut kept = browser.request();
    kept.insert("theme", "dark").await.unwrap();
    kept.log_out_keeping(["theme"]).await.unwrap();
    let mut written = browser.request();
    written.log_out();
    written.insert("theme", "dark").await.unwrap();
    for session in [switched, kept, written] {
        let mut other = browser.clone();
        let response = other.respond(session).await.unwrap();
        assert!(!set_cookie(&response).unwrap().contains("Max-Age=0"));
        assert_eq!(clear_site_data(&response), ["\"cache\""]);
    }
    let mut left = browser.request();
    left.log_out();
    let response = browser.respond(left).await.unwrap();
    assert_eq!(clear_site_data(&response), ["\"cache\", \"cookies\""]);
}

#[tokio::test]
async fn a_clear_site_data_header_of_the_handler_stays() {
    let mut session = logged_in(&Spy::default().app()).await.request();
    session.log_out();
    let mut response = Response::ok();
    let of_handler = HeaderValue::from_static("\"*\"");
    response.headers_mut().insert("clear-site-data", of_handler);
    let head = head_with("");
    let response = session::finalize_session(response, session, &head).await;
    assert_eq!(clear_site_data(&response.unwrap()), ["\"*\""]);
}
