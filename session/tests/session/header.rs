//! Arbitrary `Cookie` headers cause no panic and no error. Only an authentic token causes a store
//! operation (invariant I9).

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use pavex::Response;
use pavex::cookie::{Processor, extract_request_cookies};
use pavex::http::header::SET_COOKIE;
use pavex::http::{HeaderValue, StatusCode};
use proptest::prelude::*;
use session::testing::{TestApp, TestBrowser, set_cookie};
use session::{Session, SessionError};

use crate::support::*;

fn session_for(app: &TestApp, header: impl AsRef<[u8]>) -> Session {
    app.session(&head_with(header))
}

fn value_of(browser: &TestBrowser) -> &str {
    browser.cookie().unwrap().split_once('=').unwrap().1
}

#[tokio::test]
async fn a_cookie_that_is_not_ours_makes_the_request_anonymous() {
    let spy = Spy::default();
    let app = spy.app();
    let browser = browser_with_session(&app).await;
    let foreign = browser_with_session(&Spy::default().app()).await;
    let value = value_of(&browser);
    let flipped = format!(
        "{}{}",
        if value.starts_with('A') { 'B' } else { 'A' },
        &value[1..]
    );
    spy.operations();
    for header in [
        "__Host-Http-id=".to_owned(),
        "__Host-Http-id=garbage".to_owned(),
        format!("__Host-Http-id={}", &value[..value.len() - 4]),
        format!("__Host-Http-id={value}AAAA"),
        format!("__Host-Http-id={flipped}"),
        format!("__Host-Http-id=\"{value}\""),
        format!("__host-http-id={value}"),
        format!("%5F_Host-Http-id={value}"),
        format!("__Host-Http-id={}", "A".repeat(100_000)),
        foreign.cookie().unwrap().to_owned(),
    ] {
        let session = session_for(&app, &header);
        assert!(session.is_empty().await.unwrap(), "{header}");
        assert_eq!(session.id(), None, "{header}");
    }
    assert!(spy.operations().is_empty());
}

#[tokio::test]
async fn malformed_neighbours_do_not_hide_our_cookie() {
    let app = Spy::default().app();
    let browser = browser_with_session(&app).await;
    let pair = browser.cookie().unwrap();
    for header in [
        format!("a; {pair}"),
        format!("=; ;;{pair}"),
        format!("%ff=%; {pair}; \""),
        format!("{pair};"),
        format!("__Host-Http-id=garbage; {pair}; __Host-Http-id=garbage"),
    ] {
        let session = session_for(&app, &header);
        assert!(session.contains_key("theme").await.unwrap(), "{header}");
    }
    let mut header = b"x=\xff\xfe; ".to_vec();
    header.extend(pair.bytes());
    assert!(
        session_for(&app, header)
            .contains_key("theme")
            .await
            .unwrap()
    );
}

#[tokio::test]
async fn our_cookie_is_found_in_any_of_several_headers() {
    let app = Spy::default().app();
    let browser = browser_with_session(&app).await;
    let mut head = head_with("a=1");
    let pair = pavex::http::HeaderValue::try_from(browser.cookie().unwrap()).unwrap();
    head.headers.append(pavex::http::header::COOKIE, pair);
    let session = app.session(&head);
    assert!(session.contains_key("theme").await.unwrap());
}

#[tokio::test]
async fn of_several_authentic_cookies_the_most_recently_issued_counts_in_any_order() {
    let app = Spy::default().app();
    let older = browser_with_session(&app).await;
    app.clock.advance(MINUTE);
    let newer = browser_with_session(&app).await;
    let (a, b) = (older.cookie().unwrap(), newer.cookie().unwrap());
    for header in [format!("{a}; {b}"), format!("{b}; {a}")] {
        assert_eq!(session_for(&app, header).id(), newer.request().id());
    }
}

#[tokio::test]
async fn of_very_many_cookies_only_the_first_eight_cost_anything() {
    let app = Spy::default().app();
    let browser = browser_with_session(&app).await;
    let pair = browser.cookie().unwrap();
    let garbage = "__Host-Http-id=x; ".repeat(7);
    let session = session_for(&app, format!("{garbage}{pair}"));
    assert!(session.contains_key("theme").await.unwrap());
    let session = session_for(&app, format!("{garbage}{garbage}{pair}"));
    assert!(session.is_empty().await.unwrap());
    // A removal would hit the last one, too.
    let response = app.browser().respond(session).await.unwrap();
    assert_eq!(set_cookie(&response), None);
}

/// One that the server has not read may be of a session that goes on.
#[tokio::test]
async fn a_log_out_with_more_than_eight_cookies_is_an_error_that_the_client_sees() {
    let spy = Spy::default();
    let app = spy.app();
    let browser = browser_with_session(&app).await;
    let garbage = "__Host-Http-id=x; ".repeat(8);
    let mut session = session_for(&app, format!("{garbage}{}", browser.cookie().unwrap()));
    session.log_out();
    let outcome = app.browser().respond(session).await;
    assert!(
        matches!(outcome, Err(SessionError::NotEnded)),
        "{outcome:?}"
    );
    assert_eq!(spy.inner().len(), 1);
}

#[tokio::test]
async fn a_cookie_past_its_own_deadline_costs_no_store_operation() {
    let spy = Spy::default();
    let app = spy.app();
    let browser = browser_with_session(&app).await;
    spy.operations();
    app.clock.advance(DAY);
    assert!(browser.request().is_empty().await.unwrap());
    assert!(spy.operations().is_empty());
}

/// Pavex stops at a cookie that it cannot read, so it must not try to read that of the session.
#[tokio::test]
async fn pavex_reads_the_cookies_of_the_application_beside_that_of_the_session() {
    let app = Spy::default().app();
    for has_client_state in [false, true] {
        let mut browser = browser_with_session(&app).await;
        let mut session = browser.request();
        if has_client_state {
            session.client_mut().insert("language", "de").unwrap();
        }
        browser.respond(session).await.unwrap();
        let head = head_with(format!("{}; theme=dark", browser.cookie().unwrap()));
        let processor = Processor::from(app.cookies.clone());
        let cookies = extract_request_cookies(&head, &processor).unwrap();
        let theme = cookies.get("theme").map(|cookie| cookie.value().to_owned());
        assert_eq!(theme.as_deref(), Some("dark"));
    }
}

proptest! {
    #[test]
    fn arbitrary_bytes_in_the_cookie_header_are_harmless(
        bytes in proptest::collection::vec(any::<u8>().prop_filter("a header value", |b| *b >= 32 && *b != 127), 0..300),
        ours in any::<bool>(),
        protection in proptest::option::of(prop_oneof![Just('s'), Just('e')]),
    ) {
        let spy = Spy::default();
        let app = spy.app();
        let mut header = if ours { b"__Host-Http-id=".to_vec() } else { vec![] };
        match protection {
            Some(letter) => {
                header.extend(letter.to_string().bytes());
                header.extend(BASE64_URL_SAFE_NO_PAD.encode(bytes).bytes());
            }
            None => header.extend(bytes),
        }
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let session = session_for(&app, header);
            assert!(session.is_empty().await.unwrap());
            app.browser().respond(session).await.unwrap();
        });
        prop_assert!(spy.operations().is_empty());
    }
}

#[tokio::test]
async fn a_test_browser_keeps_the_session_cookie_beside_other_cookies() {
    let app = Spy::default().app();
    let mut browser = app.browser();
    let mut session = browser.request();
    session.insert("theme", "dark").await.unwrap();
    let sent = browser.respond_with(StatusCode::OK, session).await.unwrap();
    let mut response = Response::ok();
    let headers = response.headers_mut();
    headers.append(SET_COOKIE, HeaderValue::from_static("theme=dark"));
    headers.append(SET_COOKIE, sent.headers()[SET_COOKIE].clone());
    browser.receive(&response);
    assert!(browser.request().contains_key("theme").await.unwrap());

    let mut response = Response::ok();
    let removal = HeaderValue::from_static("theme=; Max-Age=0");
    response.headers_mut().append(SET_COOKIE, removal);
    browser.receive(&response);
    assert!(browser.request().contains_key("theme").await.unwrap());
}
