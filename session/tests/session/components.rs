//! The components that say in a handler's signature who may call it.

use pavex::Response;
use pavex::http::header::LOCATION;
use pavex::http::{Method, Uri};
use session::fresh::{FifteenMinutes, FiveMinutes, Fresh, FreshError, OneHour, Window};
use session::testing::TestApp;
use session::{Principal, PrincipalError, Session};

use crate::support::*;

fn pages(path: Option<&str>, reauthenticate_path: Option<&str>) -> TestApp {
    Spy::default().app_with(|config| {
        config.log_in.path = path.map(Into::into);
        config.log_in.reauthenticate_path = reauthenticate_path.map(Into::into);
    })
}

fn head_of(method: Method, target: &'static str) -> pavex::request::RequestHead {
    let mut head = head_with("");
    head.method = method;
    head.target = Uri::from_static(target);
    head
}

/// Status and `Location`.
fn told(response: &Response) -> (u16, Option<&str>) {
    let location = response.headers().get(LOCATION);
    let status = response.status().as_u16();
    (status, location.map(|location| location.to_str().unwrap()))
}

#[tokio::test]
async fn only_somebody_who_is_logged_in_is_a_principal() {
    let mut browser = browser_with_session(&Spy::default().app()).await;
    let session = browser.request();
    let refused = Principal::required(&session).await.unwrap_err();
    assert!(matches!(refused, PrincipalError::NotLoggedIn));
    assert_eq!(Principal::optional(&session).await.unwrap(), None);

    log_in(&mut browser, alice()).await.unwrap();
    let session = browser.request();
    assert_eq!(Principal::required(&session).await.unwrap(), alice());
    assert_eq!(Principal::optional(&session).await.unwrap(), Some(alice()));
}

#[tokio::test]
async fn a_dead_store_is_an_error_and_not_an_anonymous_visitor() {
    let spy = Spy::default();
    let app = spy.app();
    let mut browser = app.browser();
    log_in(&mut browser, alice()).await.unwrap();
    spy.behave(Behaviour::Down);
    let session = browser.request();
    let head = head_of(Method::GET, "/account");
    let error = Principal::required(&session).await.unwrap_err();
    assert_eq!(told(&error.into_response(&head, &app.policy)), (503, None));
    assert!(Principal::optional(&session).await.is_err());
    let error = fresh::<FiveMinutes>(&app, &session).await.unwrap_err();
    assert_eq!(told(&error.into_response(&head, &app.policy)), (503, None));
}

#[test]
fn an_anonymous_visitor_is_refused_or_sent_to_the_log_in_page() {
    let answer = |app: &TestApp, method, target| {
        let head = head_of(method, target);
        let response = PrincipalError::NotLoggedIn.into_response(&head, &app.policy);
        let (status, location) = told(&response);
        (status, location.map(ToOwned::to_owned))
    };
    let without = pages(None, None);
    assert_eq!(answer(&without, Method::GET, "/account"), (401, None));
    let with = pages(Some("/login"), None);
    for (method, target, expected) in [
        (Method::GET, "/account", "/login?next=/account"),
        (
            Method::HEAD,
            "/a?b=c&d=%20e",
            "/login?next=/a%3Fb%3Dc%26d%3D%2520e",
        ),
        (Method::GET, "https://example.com/a", "/login?next=/a"),
        (Method::POST, "/account", "/login"),
    ] {
        let expected = (303, Some(expected.to_owned()));
        assert_eq!(answer(&with, method, target), expected);
    }
    let with_query = pages(Some("/login?lang=de"), None);
    let expected = (303, Some("/login?lang=de&next=/account".to_owned()));
    assert_eq!(answer(&with_query, Method::GET, "/account"), expected);
}

async fn fresh<W: Window>(
    app: &TestApp,
    session: &Session,
) -> Result<Fresh<Principal, W>, FreshError> {
    Fresh::new(alice(), session, &app.policy).await
}

#[tokio::test]
async fn a_log_in_is_fresh_for_the_length_of_the_window() {
    let app = Spy::default().app();
    let mut browser = app.browser();
    assert!(fresh::<OneHour>(&app, &browser.request()).await.is_err());
    log_in(&mut browser, alice()).await.unwrap();
    let mut age = 0;
    for (seconds, expected) in [
        (0, [true, true, true]),
        (5 * 60 - 1, [true, true, true]),
        (5 * 60, [false, true, true]),
        (15 * 60 - 1, [false, true, true]),
        (15 * 60, [false, false, true]),
        (60 * 60 - 1, [false, false, true]),
        (60 * 60, [false, false, false]),
    ] {
        app.clock
            .advance(std::time::Duration::from_secs(seconds - age));
        age = seconds;
        let session = browser.request();
        let is_fresh = [
            fresh::<FiveMinutes>(&app, &session).await.is_ok(),
            fresh::<FifteenMinutes>(&app, &session).await.is_ok(),
            fresh::<OneHour>(&app, &session).await.is_ok(),
        ];
        assert_eq!(is_fresh, expected, "after {seconds} seconds");
    }
    log_in(&mut browser, alice()).await.unwrap();
    let member = fresh::<FiveMinutes>(&app, &browser.request())
        .await
        .unwrap();
    assert_eq!(*member, alice());
    assert_eq!(member.into_inner(), alice());
}

#[test]
fn a_visitor_with_an_old_log_in_is_refused_or_sent_to_log_in_again() {
    for (path, reauthenticate_path, expected) in [
        (None, None, (403, None)),
        (Some("/login"), None, (303, Some("/login?next=/password"))),
        (
            Some("/login"),
            Some("/confirm"),
            (303, Some("/confirm?next=/password")),
        ),
        (
            None,
            Some("/confirm"),
            (303, Some("/confirm?next=/password")),
        ),
    ] {
        let app = pages(path, reauthenticate_path);
        let head = head_of(Method::GET, "/password");
        let response = FreshError::NotFresh.into_response(&head, &app.policy);
        assert_eq!(told(&response), expected);
    }
}
