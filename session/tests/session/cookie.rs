//! The cookie that is sent, read by an implementation that is not ours, and the headers beside it.

use cookie::{Cookie, SameSite};
use pavex::http::StatusCode;
use session::SessionError;
use session::config::CookiePersistence;
use session::testing::{TestApp, set_cookie};

use crate::several_cookies::{request, two};
use crate::support::*;

async fn new_cookie(app: &TestApp) -> Cookie<'static> {
    let mut browser = app.browser();
    let mut session = browser.request();
    session.insert("a", &1).await.unwrap();
    let response = browser.respond(session).await.unwrap();
    Cookie::parse(set_cookie(&response).unwrap().to_owned()).unwrap()
}

async fn removal(app: &TestApp) -> Cookie<'static> {
    let mut browser = browser_with_session(app).await;
    let mut session = browser.request();
    session.invalidate();
    let response = browser.respond(session).await.unwrap();
    Cookie::parse(set_cookie(&response).unwrap().to_owned()).unwrap()
}

#[tokio::test]
async fn the_default_cookie_is_as_strict_as_browsers_allow() {
    let cookie = new_cookie(&Spy::default().app()).await;
    assert_eq!(cookie.name(), "__Host-Http-id");
    assert_eq!(cookie.secure(), Some(true));
    assert_eq!(cookie.http_only(), Some(true));
    assert_eq!(cookie.same_site(), Some(SameSite::Lax));
    assert_eq!(cookie.path(), Some("/"));
    assert_eq!(cookie.domain(), None);
    assert_eq!(cookie.max_age().unwrap().whole_seconds(), 86_400);
    assert_eq!(cookie.partitioned(), None);
}

#[tokio::test]
async fn the_removal_repeats_every_attribute() {
    let apps = [
        Spy::default().app(),
        Spy::default().app_with(|config| {
            config.cookie.name = "__Secure-shop".into();
            config.cookie.domain = Some("example.com".into());
            config.cookie.path = "/shop".into();
            config.cookie.same_site = session::config::SameSite::None;
            config.cookie.partitioned = true;
        }),
    ];
    for app in apps {
        let (cookie, removal) = (new_cookie(&app).await, removal(&app).await);
        assert_eq!(removal.max_age().unwrap().whole_seconds(), 0);
        assert_eq!(cookie.name(), removal.name());
        assert_eq!(cookie.secure(), removal.secure());
        assert_eq!(cookie.http_only(), removal.http_only());
        assert_eq!(cookie.same_site(), removal.same_site());
        assert_eq!(cookie.path(), removal.path());
        assert_eq!(cookie.domain(), removal.domain());
        assert_eq!(cookie.partitioned(), removal.partitioned());
    }
}

#[tokio::test]
async fn a_browser_session_cookie_has_no_max_age_and_its_removal_has() {
    let app = Spy::default().app_with(|config| {
        config.cookie.persistence = CookiePersistence::BrowserSession;
    });
    assert_eq!(new_cookie(&app).await.max_age(), None);
    assert_eq!(removal(&app).await.max_age().unwrap().whole_seconds(), 0);
}

#[tokio::test]
async fn max_age_never_promises_more_than_the_store_keeps() {
    let app = Spy::default().app_with(|config| {
        config.state.idle_timeout = std::time::Duration::from_millis(10_900);
    });
    let mut browser = app.browser();
    let mut session = browser.request();
    session.insert("a", &1).await.unwrap();
    session.commit().await.unwrap();
    let id = session.id().unwrap();
    let response = browser.respond(session).await.unwrap();
    let cookie = Cookie::parse(set_cookie(&response).unwrap().to_owned()).unwrap();
    assert_eq!(cookie.max_age().unwrap().whole_seconds(), 10);
    let record = app
        .store
        .backend()
        .unwrap()
        .load(id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        record.expires_at - app.clock.now(),
        std::time::Duration::from_millis(10_900)
    );
}

/// Writes as much client-side state as is accepted; returns the size of the headers, in bytes.
async fn size_of_largest_headers(app: &TestApp) -> usize {
    let browser = app.browser();
    let fits = |len: &usize| {
        let mut session = browser.request();
        let outcome = session.client_mut().insert("big", &"x".repeat(*len));
        session.log_out();
        outcome.is_ok()
    };
    let largest = (0..4_096).rev().find(fits).unwrap();
    let mut session = browser.request();
    session.log_out();
    session
        .client_mut()
        .insert("big", &"x".repeat(largest))
        .unwrap();
    let response = browser.respond_with(StatusCode::OK, session).await.unwrap();
    let headers = response.headers();
    assert_eq!(headers.len(), 4, "{headers:?}");
    for name in ["set-cookie", "vary", "cache-control", "clear-site-data"] {
        assert!(headers.contains_key(name), "{name}");
    }
    let sizes = headers
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len() + ": \r\n".len());
    sizes.sum()
}

#[tokio::test]
async fn the_headers_of_a_session_leave_room_in_the_buffer_of_a_proxy() {
    let size = size_of_largest_headers(&Spy::default().app()).await;
    assert!((3_065..=3_072).contains(&size), "{size}");
    for (name, domain, limit) in [("__Host-a", None, 1_000), ("long", Some("a.example"), 500)] {
        let app = Spy::default().app_with(|config| {
            config.cookie.name = name.into();
            config.cookie.domain = domain.map(Into::into);
            config.cookie.max_header_size = limit;
        });
        let size = size_of_largest_headers(&app).await;
        assert!((limit - 10..=limit).contains(&size), "{name}: {size}");
    }
}

#[tokio::test]
async fn client_side_state_that_outgrows_the_header_limit_after_a_load_is_refused_before_a_write() {
    let spy = Spy::default();
    let app = spy.app();
    let [mut older, mut newer] = two(&app).await;
    let mut session = older.request();
    let big = "x".repeat(2_000);
    session.client_mut().insert("big", &big).unwrap();
    older.respond(session).await.unwrap();
    let mut session = request(&app, &[&newer, &older]);
    let mut end = newer.request();
    end.log_out();
    newer.respond(end).await.unwrap();
    spy.operations();

    // There is room in the cookie that counts first, whose session has ended.
    let more = "x".repeat(500);
    session.client_mut().insert("more", &more).unwrap();
    let refused = session.commit().await.unwrap_err();
    assert!(
        matches!(
            refused,
            SessionError::ClientStateTooLarge { size: 2_520, .. }
        ),
        "{refused}"
    );
    assert_eq!(spy.operations(), ["load", "load"]);
}
