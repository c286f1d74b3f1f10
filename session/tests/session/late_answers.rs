//! Answers that are committed after another request of the browser has logged in or out.

use pavex::Response;
use pavex::http::StatusCode;
use session::testing::{TestApp, TestBrowser, set_cookie};
use session::{LogIn, Session, SessionRegistry};

use crate::support::*;

async fn answer(browser: &TestBrowser, session: Session) -> Response {
    let response = browser.respond_with(StatusCode::OK, session).await;
    response.unwrap()
}

/// A request that has loaded its session and changed only the client-side state.
async fn slow_request(browser: &TestBrowser) -> Session {
    let mut session = browser.request();
    session.force_load().await.unwrap();
    session.client_mut().insert("language", "de").unwrap();
    session
}

fn receive_in_order(browser: &mut TestBrowser, answers: [&Response; 2], swapped: bool) {
    let [first, second] = answers;
    let order = if swapped {
        [second, first]
    } else {
        [first, second]
    };
    order.into_iter().for_each(|answer| browser.receive(answer));
}

#[tokio::test]
async fn a_late_answer_after_a_log_out_brings_no_cookie_back_in_either_order() {
    for swapped in [false, true] {
        let app = Spy::default().app();
        let mut browser = app.browser();
        log_in(&mut browser, alice()).await.unwrap();
        let slow = slow_request(&browser).await;
        let mut log_out = browser.request();
        log_out.log_out();
        let log_out = answer(&browser, log_out).await;
        let slow = answer(&browser, slow).await;
        assert_eq!(set_cookie(&slow), None);
        receive_in_order(&mut browser, [&log_out, &slow], swapped);
        assert_eq!(browser.cookie(), None);
        assert!(browser.request().client().is_empty());
    }
}

/// A request with each kind of change is under way while the provider reports a log-out.
#[tokio::test]
async fn a_late_answer_after_a_log_out_at_the_provider_brings_no_cookie_back() {
    for change in 0..4 {
        let app = Spy::default().app();
        let mut browser = app.browser();
        let mut session = browser.request();
        let log_in = LogIn::new(alice()).with_origin("https://id.example", "1");
        session.log_in(log_in).await.unwrap();
        browser.respond(session).await.unwrap();
        app.clock.advance(HOUR);
        let mut slow = slow_request(&browser).await;
        match change {
            0 => {}
            1 => slow.insert("role", "editor").await.unwrap(),
            2 => slow.renew(),
            _ => slow.client_mut().clear(),
        }
        let registry = SessionRegistry::new(&app.store, &app.policy);
        let ended = registry.revoke_origin("https://id.example", "1").await;
        assert_eq!(ended.unwrap(), 1);
        let slow = answer(&browser, slow).await;
        assert_eq!(set_cookie(&slow), None, "change {change}");
        browser.receive(&slow);
        assert_eq!(principal(&browser).await, None, "change {change}");
        assert!(browser.request().client().is_empty());
    }
}

#[tokio::test]
async fn a_late_answer_after_a_log_in_logs_nobody_out_in_either_order() {
    for swapped in [false, true] {
        let app = Spy::default().app();
        let mut browser = browser_with_session(&app).await;
        let slow = slow_request(&browser).await;
        let mut session = browser.request();
        session.log_in(alice()).await.unwrap();
        let login = answer(&browser, session).await;
        let slow = answer(&browser, slow).await;
        receive_in_order(&mut browser, [&login, &slow], swapped);
        for _ in 0..2 {
            let owner = browser.request().principal().await.unwrap();
            assert_eq!(owner, Some(alice()));
            app.clock.advance(MINUTE);
        }
    }
}

/// A reader collects the secret of a timed renewal while the user logs in.
#[tokio::test]
async fn of_a_renewal_a_log_in_and_a_reader_only_the_log_in_leaves_its_cookie() {
    let app = Spy::default().app_with(|config| config.state.renew_every = Some(HOUR));
    let mut browser = browser_with_session(&app).await;
    app.clock.advance(HOUR);
    let renewal = browser.request();
    renewal.force_load().await.unwrap();
    let renewal = answer(&browser, renewal).await;
    let reader = slow_request(&browser).await;
    let mut session = browser.request();
    session.log_in(alice()).await.unwrap();
    let login = answer(&browser, session).await;
    let reader = answer(&browser, reader).await;
    assert_eq!(set_cookie(&reader), None);
    for response in [&renewal, &login, &reader] {
        browser.receive(response);
    }
    let owner = browser.request().principal().await.unwrap();
    assert_eq!(owner, Some(alice()));
}

/// Commits a new session inside the handler.
async fn committed(app: &TestApp) -> (TestBrowser, Session) {
    let browser = app.browser();
    let mut session = browser.request();
    session.insert("theme", "dark").await.unwrap();
    session.commit().await.unwrap();
    (browser, session)
}

#[tokio::test]
async fn a_cookie_of_an_earlier_commit_is_sent_after_one_more_load() {
    for status in [StatusCode::OK, StatusCode::INTERNAL_SERVER_ERROR] {
        let spy = Spy::default();
        let (mut browser, session) = committed(&spy.app()).await;
        let response = browser.respond_with(status, session).await.unwrap();
        assert_eq!(spy.operations(), ["create", "load"]);
        browser.receive(&response);
        assert!(browser.request().contains_key("theme").await.unwrap());
    }
}

#[tokio::test]
async fn a_cookie_of_an_earlier_commit_is_not_sent_once_its_session_has_ended() {
    for status in [StatusCode::OK, StatusCode::INTERNAL_SERVER_ERROR] {
        let app = Spy::default().app();
        let (browser, session) = committed(&app).await;
        let id = session.id().unwrap();
        app.store.backend().unwrap().delete(id, None).await.unwrap();
        let response = browser.respond_with(status, session).await.unwrap();
        assert_eq!(set_cookie(&response), None);
    }
}

#[tokio::test]
async fn a_cookie_of_an_earlier_commit_that_cannot_be_confirmed_is_an_error() {
    let spy = Spy::default();
    let (browser, session) = committed(&spy.app()).await;
    spy.behave(Behaviour::Down);
    let outcome = browser.respond_with(StatusCode::OK, session).await;
    assert!(outcome.is_err());
}

#[tokio::test]
async fn sixteen_parallel_renewals_leave_one_session_and_a_valid_cookie() {
    for all_loaded in [false, true] {
        let spy = Spy::default();
        let mut browser = spy.app().browser();
        log_in(&mut browser, alice()).await.unwrap();
        let mut requests = Vec::new();
        for _ in 0..16 {
            let mut session = browser.request();
            if all_loaded {
                session.force_load().await.unwrap();
            }
            session.insert("role", "editor").await.unwrap();
            session.renew();
            requests.push(session);
        }
        let mut answers = Vec::new();
        for session in requests {
            answers.push(answer(&browser, session).await);
        }
        answers.iter().for_each(|answer| browser.receive(answer));
        assert_eq!(spy.inner().len(), 1);
        let owner = browser.request().principal().await.unwrap();
        assert_eq!(owner, Some(alice()));
    }
}

/// The renewing request first looks at its session after another one has renewed it.
#[tokio::test]
async fn a_renewal_with_a_token_that_was_just_replaced_starts_no_session() {
    let spy = Spy::default();
    let mut browser = spy.app().browser();
    log_in(&mut browser, alice()).await.unwrap();
    let mut late = browser.request();
    let mut session = browser.request();
    session.renew();
    browser.respond(session).await.unwrap();
    late.insert("role", "editor").await.unwrap();
    late.renew();
    let response = browser.respond(late).await.unwrap();
    assert_eq!(set_cookie(&response), None);
    assert_eq!(spy.inner().len(), 1);
    let owner = browser.request().principal().await.unwrap();
    assert_eq!(owner, Some(alice()));
}
