//! The session that ends at the limit of sessions per principal.

use std::time::Duration;

use session::LogIn;
use session::config::AtLimit;
use session::testing::{TestApp, TestBrowser, set_cookie};

use crate::owner::{alice, log_in};
use crate::support::*;

fn limited(spy: &Spy, limit: usize) -> TestApp {
    spy.app_with(|config| {
        config.log_in.max_sessions_per_principal = limit.try_into().ok();
        config.log_in.at_limit = AtLimit::EndOldest;
    })
}

async fn is_logged_in(browser: &TestBrowser) -> bool {
    browser.request().principal().await.unwrap().is_some()
}

/// Logs in with a proof of identity that an identity provider has from two hours ago.
async fn log_in_from_elsewhere(app: &TestApp, browser: &mut TestBrowser) {
    let mut session = browser.request();
    let auth_time = app.clock.now() - 2 * HOUR;
    let log_in = LogIn::new(alice()).with_authenticated_at(auth_time);
    session.log_in(log_in).await.unwrap();
    let response = browser.respond(session).await.unwrap();
    assert!(set_cookie(&response).is_some());
}

#[tokio::test]
async fn a_log_in_with_an_old_proof_ends_the_session_that_was_committed_first() {
    for limit in [1, 2] {
        let app = limited(&Spy::default(), limit);
        let mut browsers = vec![];
        for _ in 0..limit {
            let mut browser = app.browser();
            log_in(&mut browser, alice()).await.unwrap();
            app.clock.advance(10 * MINUTE);
            browsers.push(browser);
        }
        let mut newest = app.browser();
        log_in_from_elsewhere(&app, &mut newest).await;
        assert!(is_logged_in(&newest).await);
        assert!(!is_logged_in(&browsers[0]).await);
        for other in &browsers[1..] {
            assert!(is_logged_in(other).await);
        }
    }
}

/// The visitor's session is older than that of the other device.
#[tokio::test]
async fn a_log_in_into_an_old_session_ends_the_session_that_was_committed_first() {
    let app = limited(&Spy::default(), 1);
    let mut old = browser_with_session(&app).await;
    app.clock.advance(MINUTE);
    let mut other = app.browser();
    log_in(&mut other, alice()).await.unwrap();
    app.clock.advance(Duration::from_micros(1));
    log_in_from_elsewhere(&app, &mut old).await;
    assert!(is_logged_in(&old).await && !is_logged_in(&other).await);
}

#[tokio::test]
async fn a_log_in_whose_session_another_one_ends_before_the_answer_sends_no_cookie() {
    let app = limited(&Spy::default(), 1);
    let (mut first, mut second) = (app.browser(), app.browser());
    let mut session = first.request();
    session.log_in(alice()).await.unwrap();
    session.commit().await.unwrap();
    app.clock.advance(MINUTE);
    log_in(&mut second, alice()).await.unwrap();
    let response = first.respond(session).await.unwrap();
    assert_eq!(set_cookie(&response), None);
    assert!(is_logged_in(&second).await);
}
