//! Requests with authentic cookies of several sessions, and cookies under a fallback key.

use pavex::cookie::Key;
use pavex::cookie::config::FallbackConfig;
use pavex::http::{Method, StatusCode};
use session::testing::{TestApp, TestBrowser, set_cookie};
use session::{LogIn, Session, SessionError, SessionPolicy};

use crate::support::*;
use crate::valid_from::{moved, restarted};

/// A request with the cookies of all the browsers.
pub(crate) fn request(app: &TestApp, browsers: &[&TestBrowser]) -> Session {
    let pairs: Vec<_> = browsers.iter().map(|it| it.cookie().unwrap()).collect();
    app.session(&head_with(pairs.join("; ")))
}

/// Two browsers of one principal, the second of which has the later cookie.
pub(crate) async fn two(app: &TestApp) -> [TestBrowser; 2] {
    let (mut older, mut newer) = (app.browser(), app.browser());
    log_in(&mut older, alice()).await.unwrap();
    app.clock.advance(MINUTE);
    log_in(&mut newer, alice()).await.unwrap();
    [older, newer]
}

async fn is_logged_in(browser: &TestBrowser) -> bool {
    browser.request().principal().await.unwrap().is_some()
}

async fn log_out(app: &TestApp, browsers: &[&TestBrowser]) -> Result<(), SessionError> {
    let mut session = request(app, browsers);
    session.log_out();
    let answered = app.browser().respond(session).await;
    answered.map(drop)
}

#[tokio::test]
async fn a_log_out_ends_the_sessions_of_all_cookies_in_any_order() {
    for swapped in [false, true] {
        let spy = Spy::default();
        let app = spy.app();
        let [older, newer] = two(&app).await;
        let header = if swapped {
            [&newer, &older]
        } else {
            [&older, &newer]
        };
        log_out(&app, &header).await.unwrap();
        assert!(!is_logged_in(&older).await && !is_logged_in(&newer).await);
        assert!(spy.inner().is_empty());
    }
}

#[tokio::test]
async fn a_log_out_of_which_one_end_fails_is_an_error_and_ends_both_at_the_next_try() {
    let spy = Spy::default();
    let app = spy.app();
    let [older, newer] = two(&app).await;
    spy.behave(Behaviour::LosingDeletions);
    assert!(log_out(&app, &[&older, &newer]).await.is_err());
    spy.behave(Behaviour::Normal);
    log_out(&app, &[&older, &newer]).await.unwrap();
    assert!(spy.inner().is_empty());
}

/// Renews the session of a browser, whose cookie stays the old one. Returns the new cookie.
async fn renew(browser: &TestBrowser) -> TestBrowser {
    let mut renewed = browser.clone();
    let mut session = renewed.request();
    session.renew();
    renewed.respond(session).await.unwrap();
    renewed
}

#[tokio::test]
async fn a_log_out_with_a_secret_of_a_second_session_from_before_the_grace_spares_that_session() {
    let app = Spy::default().app();
    let [older, newer] = two(&app).await;
    let renewed = renew(&older).await;
    app.clock.advance(MINUTE);
    log_out(&app, &[&older, &newer]).await.unwrap();
    assert!(!is_logged_in(&newer).await);
    assert!(is_logged_in(&renewed).await);

    let refused = log_out(&app, &[&older, &newer]).await;
    assert!(matches!(refused, Err(SessionError::NotEnded)));
}

/// A parallel request of the browser renews it, and the browser is about to get its new cookie.
#[tokio::test]
async fn a_log_out_is_an_error_if_a_second_session_goes_on_with_a_cookie_under_way() {
    let app = Spy::default().app();
    let [older, newer] = two(&app).await;
    let renewed = renew(&older).await;
    let refused = log_out(&app, &[&older, &newer]).await;
    assert!(matches!(refused, Err(SessionError::NotEnded)));
    assert!(!is_logged_in(&newer).await);
    log_out(&app, &[&renewed, &newer]).await.unwrap();
    assert!(!is_logged_in(&renewed).await);
}

#[tokio::test]
async fn a_log_out_whose_body_is_slow_is_judged_by_the_time_of_its_arrival() {
    let app = Spy::default().app();
    let [older, newer] = two(&app).await;
    let pairs = [&older, &newer].map(|browser| browser.cookie().unwrap());
    let mut head = head_with(pairs.join("; "));
    head.method = Method::POST;
    let mut session = app.session(&head);
    let renewed = renew(&older).await;
    app.clock.advance(MINUTE);
    session.log_out();
    let refused = app.browser().respond(session).await;
    assert!(matches!(refused, Err(SessionError::NotEnded)));
    assert!(is_logged_in(&renewed).await);
}

#[tokio::test]
async fn the_next_cookie_counts_if_the_session_of_the_latest_has_ended() {
    let app = Spy::default().app();
    let [older, newer] = two(&app).await;
    log_out(&app, &[&newer]).await.unwrap();
    let mut session = request(&app, &[&older, &newer]);
    assert_eq!(session.principal().await.unwrap(), Some(alice()));
    assert_eq!(session.id(), older.request().id());
    session.insert("theme", "dark").await.unwrap();
    app.browser().respond(session).await.unwrap();
    assert!(older.request().contains_key("theme").await.unwrap());

    log_out(&app, &[&older, &newer]).await.unwrap();
    assert!(!is_logged_in(&older).await);
}

/// A request with the cookies of both has lost the session of the older one. That of the newer one
/// had ended before.
async fn lost(app: &TestApp, spy: &Spy, rival: impl AsyncFnOnce(&TestBrowser)) -> Session {
    let [older, newer] = two(app).await;
    log_out(app, &[&newer]).await.unwrap();
    let mut session = request(app, &[&older, &newer]);
    session.insert("theme", "dark").await.unwrap();
    rival(&older).await;
    let outcome = session.commit().await;
    assert!(matches!(outcome, Err(SessionError::Discarded)));
    assert_eq!(spy.inner().len(), 1);
    session.log_out();
    session
}

#[tokio::test]
async fn a_log_out_ends_an_unreadable_session_of_an_older_cookie_that_the_request_lost() {
    let spy = Spy::default();
    let app = spy.app();
    let changes = async |browser: &TestBrowser| {
        let mut session = browser.request();
        session.insert("theme", "light").await.unwrap();
        session.commit().await.unwrap();
        spy.behave(Behaviour::UnreadableRecords);
    };
    let session = lost(&app, &spy, changes).await;
    app.browser().respond(session).await.unwrap();
    assert!(spy.inner().is_empty());
}

#[tokio::test]
async fn a_log_out_is_an_error_if_the_session_of_an_older_cookie_was_renewed_before_the_grace() {
    let spy = Spy::default();
    let app = spy.app();
    let renews = async |browser: &TestBrowser| {
        renew(browser).await;
        app.clock.advance(MINUTE);
    };
    let session = lost(&app, &spy, renews).await;
    let refused = app.browser().respond(session).await;
    assert!(matches!(refused, Err(SessionError::NotEnded)));
}

#[tokio::test]
async fn dead_cookies_of_several_sessions_are_removed() {
    let app = Spy::default().app();
    let [older, newer] = two(&app).await;
    log_out(&app, &[&older, &newer]).await.unwrap();
    let session = request(&app, &[&older, &newer]);
    assert_eq!(session.principal().await.unwrap(), None);
    let response = app.browser().respond(session).await.unwrap();
    assert!(set_cookie(&response).unwrap().contains("Max-Age=0"));
}

/// A timeout was shortened: the session of the latest cookie is over here, and goes on elsewhere.
#[tokio::test]
async fn a_log_out_ends_the_session_of_the_latest_cookie_although_an_older_one_took_its_place() {
    let spy = Spy::default();
    let before = spy.app();
    let (mut older, mut newer) = (before.browser(), before.browser());
    log_in(&mut older, LogIn::new(alice()).remembered())
        .await
        .unwrap();
    before.clock.advance(MINUTE);
    log_in(&mut newer, alice()).await.unwrap();
    before.clock.advance(HOUR);
    let app = restarted(&before, |config| {
        config.state.idle_timeout = 10 * MINUTE;
        config.state.anonymous.idle_timeout = None;
    });
    let session = request(&app, &[&older, &newer]);
    assert_eq!(session.principal().await.unwrap(), Some(alice()));
    assert!(is_logged_in(&newer).await);
    log_out(&app, &[&older, &newer]).await.unwrap();
    assert!(spy.inner().is_empty());
}

#[tokio::test]
async fn a_cookie_whose_secret_was_replaced_does_not_spoil_a_log_out_in_any_order() {
    for swapped in [false, true] {
        let spy = Spy::default();
        let app = spy.app();
        let [first, second] = two(&app).await;
        app.clock.advance(MINUTE);
        let gone = two(&app).await;
        log_out(&app, &[&gone[0], &gone[1]]).await.unwrap();
        let (replaced, live) = match swapped {
            false => (first, second),
            true => (second, first),
        };
        let renewed = renew(&replaced).await;
        app.clock.advance(MINUTE);
        log_out(&app, &[&replaced, &live, &gone[1]]).await.unwrap();
        assert!(is_logged_in(&renewed).await && !is_logged_in(&live).await);
    }
}

/// Nobody knows the session of the other cookie, so the first try is an error, whatever follows.
#[tokio::test]
async fn a_change_of_the_principal_beside_a_cookie_of_a_newer_release_succeeds_at_the_second_try() {
    let app = Spy::default().app();
    let mut browser = app.browser();
    log_in(&mut browser, alice()).await.unwrap();
    let pairs = format!("{}; {}", newer_cookie(&app), browser.cookie().unwrap());
    let mut switched = app.browser();
    let mut session = app.session(&head_with(&pairs));
    session.log_in(bob()).await.unwrap();
    let refused = switched.respond(session).await;
    assert!(matches!(refused, Err(SessionError::NotEnded)));
    assert!(!is_logged_in(&browser).await);
    let mut session = app.session(&head_with(&pairs));
    session.log_in(bob()).await.unwrap();
    switched.respond(session).await.unwrap();
    assert_eq!(switched.request().principal().await.unwrap(), Some(bob()));
}

#[tokio::test]
async fn a_record_that_cannot_be_read_spares_no_other_session_of_a_log_out() {
    for swapped in [false, true] {
        let spy = Spy::default();
        let app = spy.app();
        let [first, second] = two(&app).await;
        let (replaced, healthy) = match swapped {
            false => (first, second),
            true => (second, first),
        };
        renew(&replaced).await;
        app.clock.advance(MINUTE);
        let [_, latest] = two(&app).await;
        app.clock.advance(MINUTE);
        spy.behave(Behaviour::UnreadableRecords);
        let outcome = log_out(&app, &[&replaced, &healthy, &latest]).await;
        assert!(
            matches!(outcome, Err(SessionError::Store(_))),
            "{outcome:?}"
        );
        spy.behave(Behaviour::Normal);
        assert!(!is_logged_in(&healthy).await && !is_logged_in(&latest).await);
    }
}

/// The application after the replacement of its key, with the old one as a fallback or without it.
pub(crate) fn with_new_key(app: &TestApp, keeps_old: bool) -> TestApp {
    let mut after = app.clone();
    let rule = &mut after.cookies.crypto_rules[0];
    let key = std::mem::replace(&mut rule.key, Key::generate());
    let algorithm = rule.algorithm;
    if keeps_old {
        rule.fallbacks.push(FallbackConfig { key, algorithm });
    }
    let policy = SessionPolicy::new(app.policy.config(), &after.cookies).unwrap();
    after.policy = policy.with_clock(app.clock.clone());
    after
}

/// Sends the cookie of `from` to another server, with or without a look at the session.
async fn visit(from: &TestBrowser, app: &TestApp, looks: bool) -> Option<String> {
    let mut browser = app.browser();
    browser.set_cookie(from.cookie().map(str::to_owned));
    let session = browser.request();
    if looks {
        assert!(session.contains_key("theme").await.unwrap());
    }
    let response = browser.respond_with(StatusCode::OK, session).await;
    set_cookie(&response.unwrap()).map(str::to_owned)
}

#[tokio::test]
async fn a_cookie_under_a_fallback_key_is_sent_again_under_the_main_key() {
    let spy = Spy::default();
    let before = spy.app();
    let browser = browser_with_session(&before).await;
    let after = with_new_key(&before, true);
    spy.operations();
    assert_eq!(visit(&browser, &after, false).await, None);
    assert!(spy.operations().is_empty());
    let sent = visit(&browser, &after, true).await.unwrap();
    assert_eq!(spy.operations(), ["load", "load"]);

    let mut without_old = after.clone();
    without_old.cookies.crypto_rules[0].fallbacks.clear();
    let policy = SessionPolicy::new(after.policy.config(), &without_old.cookies).unwrap();
    without_old.policy = policy.with_clock(after.clock.clone());
    let mut renewed = without_old.browser();
    renewed.set_cookie(sent.split_once(';').map(|(pair, _)| pair.to_owned()));
    assert!(renewed.request().contains_key("theme").await.unwrap());
    assert_eq!(visit(&renewed, &after, true).await, None);
}

#[tokio::test]
async fn a_remembered_cookie_under_a_fallback_key_is_accepted_until_its_own_idle_timeout() {
    let before = Spy::default().app();
    let [mut used, mut unused] = [before.browser(), before.browser()];
    for browser in [&mut used, &mut unused] {
        let mut session = browser.request();
        let log_in = LogIn::new(alice()).remembered();
        session.log_in(log_in).await.unwrap();
        browser.respond(session).await.unwrap();
    }
    let after = with_new_key(&before, true);
    let is_logged_in = async |browser| is_logged_in(&moved(browser, &after)).await;
    after.clock.advance(13 * DAY);
    assert!(is_logged_in(&used).await);
    // No cookie needs the old key any longer, except one that is sent again under the new one.
    after.clock.advance(DAY);
    assert!(!is_logged_in(&unused).await);
}

/// The removal could hit the cookie of the other one.
#[tokio::test]
async fn the_end_of_one_of_two_sessions_by_its_stamp_removes_no_cookie() {
    let app = Spy::default().app();
    let browsers = two(&app).await;
    let [older, newer] = &browsers;
    let session = request(&app, &[older, newer]);
    assert!(session.verify_stamp(b"new").await.is_err());
    let response = app.browser().respond(session).await.unwrap();
    assert_eq!(set_cookie(&response), None);
    assert!(is_logged_in(older).await && !is_logged_in(newer).await);
}

/// Another request may have deleted its record in the same way.
#[tokio::test]
async fn a_session_that_is_gone_when_its_stamp_is_compared_keeps_its_cookie() {
    let app = Spy::default().app();
    let [older, newer] = two(&app).await;
    let session = request(&app, &[&older, &newer]);
    session.force_load().await.unwrap();
    let id = session.id().unwrap();
    app.store.backend().unwrap().delete(id, None).await.unwrap();
    assert!(session.verify_stamp(b"new").await.is_err());
    let response = app.browser().respond(session).await.unwrap();
    assert_eq!(set_cookie(&response), None);
    assert!(is_logged_in(&older).await);
}
