//! Log-in: sessions that belong to a principal.

use session::config::RecordCreation;
use session::store::{Label, StoreErrorKind};
use session::testing::{TestApp, set_cookie};
use session::{LogIn, SessionError, SessionRegistry, SessionStore};

use crate::support::*;

#[tokio::test]
async fn a_log_in_kills_the_token_from_before() {
    let spy = Spy::default();
    let app = spy.app();
    let mut browser = browser_with_session(&app).await;
    let planted = browser.clone();
    let id = browser.request().id();
    spy.operations();

    let mut session = browser.request();
    session.log_in_keeping(alice(), ["theme"]).await.unwrap();
    browser.respond(session).await.unwrap();
    assert_eq!(spy.operations(), ["load", "replace"]);

    assert_eq!(principal(&browser).await, Some(alice()));
    let session = browser.request();
    assert_eq!(session.id(), id);
    assert_eq!(
        session.authenticated_at().await.unwrap(),
        Some(app.clock.now())
    );
    assert!(session.contains_key("theme").await.unwrap());

    assert_eq!(principal(&planted).await, None);
    assert!(!planted.request().contains_key("theme").await.unwrap());
    app.clock.advance(MINUTE);
    assert_eq!(principal(&planted).await, None);
}

#[tokio::test]
async fn a_visitor_without_a_session_logs_in_with_one_operation() {
    let spy = Spy::default();
    let mut browser = spy.app().browser();
    log_in(&mut browser, alice()).await.unwrap();
    assert_eq!(spy.operations(), ["create"]);
    assert_eq!(principal(&browser).await, Some(alice()));
}

#[tokio::test]
async fn a_principal_is_known_as_soon_as_they_log_in() {
    let app = Spy::default().app();
    let mut session = app.browser().request();
    session.log_in(alice()).await.unwrap();
    assert_eq!(session.principal().await.unwrap(), Some(alice()));
    let now = app.clock.now();
    assert_eq!(session.authenticated_at().await.unwrap(), Some(now));
    session.log_out();
    assert_eq!(session.principal().await.unwrap(), None);
}

#[tokio::test]
async fn a_log_in_of_another_principal_ends_the_session_and_starts_empty() {
    let spy = Spy::default();
    let app = spy.app();
    let mut browser = browser_with_session(&app).await;
    let mut session = browser.request();
    session.client_mut().insert("language", "de").unwrap();
    session.log_in(alice()).await.unwrap();
    browser.respond(session).await.unwrap();
    let alices = browser.clone();

    log_in(&mut browser, bob()).await.unwrap();
    let session = browser.request();
    assert_eq!(session.principal().await.unwrap(), Some(bob()));
    assert!(session.is_empty().await.unwrap());
    assert!(session.client().is_empty());
    assert_eq!(principal(&alices).await, None);
    assert_eq!(spy.inner().len(), 1);
}

#[tokio::test]
async fn a_second_principal_within_one_request_starts_with_an_empty_session() {
    let mut browser = Spy::default().app().browser();
    let mut session = browser.request();
    session.log_in(alice()).await.unwrap();
    session.insert("secret", "of alice").await.unwrap();
    session.log_in(bob()).await.unwrap();
    browser.respond(session).await.unwrap();
    let session = browser.request();
    assert_eq!(session.principal().await.unwrap(), Some(bob()));
    assert!(session.is_empty().await.unwrap());
}

#[tokio::test]
async fn a_second_log_in_of_the_same_principal_renews_the_proof() {
    let app = Spy::default().app();
    let mut browser = app.browser();
    log_in(&mut browser, alice()).await.unwrap();
    let mut session = browser.request();
    session.insert("theme", "dark").await.unwrap();
    browser.respond(session).await.unwrap();
    let before = browser.clone();

    app.clock.advance(HOUR);
    log_in(&mut browser, alice()).await.unwrap();
    let session = browser.request();
    let now = app.clock.now();
    assert_eq!(session.authenticated_at().await.unwrap(), Some(now));
    assert!(session.contains_key("theme").await.unwrap());
    assert_eq!(principal(&before).await, None);
}

#[tokio::test]
async fn the_absolute_timeout_counts_from_the_log_in() {
    let spy = Spy::default();
    let app = spy.app_with(|config| {
        config.state.idle_timeout = 10 * DAY;
        config.state.absolute_timeout = 10 * DAY;
    });
    let mut browser = browser_with_session(&app).await;
    app.clock.advance(9 * DAY);
    log_in(&mut browser, alice()).await.unwrap();
    app.clock.advance(9 * DAY);
    assert_eq!(principal(&browser).await, Some(alice()));
    app.clock.advance(DAY);
    assert_eq!(principal(&browser).await, None);
}

#[tokio::test]
async fn a_proof_from_elsewhere_ends_when_it_is_too_old() {
    let spy = Spy::default();
    let app = spy.app_with(|config| config.state.absolute_timeout = 10 * DAY);
    let mut browser = browser_with_session(&app).await;
    let mut session = browser.request();
    let auth_time = app.clock.now() - (10 * DAY - HOUR);
    let log_in = LogIn::new(alice()).with_authenticated_at(auth_time);
    session.log_in(log_in).await.unwrap();
    browser.respond(session).await.unwrap();
    let expires_at = browser.request().expires_at();
    assert_eq!(expires_at, Some(app.clock.now() + HOUR));
    app.clock.advance(HOUR);
    assert_eq!(principal(&browser).await, None);
}

#[tokio::test]
async fn a_proof_from_the_future_counts_as_one_from_now() {
    let app = Spy::default().app();
    let mut session = app.browser().request();
    let log_in = LogIn::new(alice()).with_authenticated_at(app.clock.now() + DAY);
    session.log_in(log_in).await.unwrap();
    let now = app.clock.now();
    assert_eq!(session.authenticated_at().await.unwrap(), Some(now));
    session.log_out();
}

#[tokio::test]
async fn a_stale_cookie_logs_in_at_the_first_try() {
    let spy = Spy::default();
    let app = spy.app();
    let mut browser = browser_with_session(&app).await;
    let mut stale = browser.clone();
    // Another request renews the session: the stale cookie is superseded, later reused.
    log_in(&mut browser, alice()).await.unwrap();
    for wait in [0, 1] {
        app.clock.advance(wait * HOUR);
        let mut stale = stale.clone();
        log_in(&mut stale, bob()).await.unwrap();
        assert_eq!(principal(&stale).await, Some(bob()));
        assert_ne!(stale.request().id(), browser.request().id());
    }
    assert_eq!(principal(&browser).await, Some(alice()));
    app.clock.advance(2 * DAY);
    log_in(&mut stale, bob()).await.unwrap();
    assert_eq!(principal(&stale).await, Some(bob()));
}

#[tokio::test]
async fn a_session_that_ends_during_the_log_in_does_not_undo_it_and_stays_ended() {
    let spy = Spy::default();
    let app = spy.app();
    let browser = browser_with_session(&app).await;
    let id = browser.request().id().unwrap();

    let mut session = browser.request();
    session.log_in(alice()).await.unwrap();
    session.insert("cart", &[1]).await.unwrap();
    let mut log_out = browser.request();
    log_out.log_out();
    log_out.commit().await.unwrap();

    let mut after = browser.clone();
    after.respond(session).await.unwrap();
    let session = after.request();
    assert_ne!(session.id(), Some(id));
    assert_eq!(session.principal().await.unwrap(), Some(alice()));
    assert!(session.contains_key("cart").await.unwrap());
    assert!(
        !session.contains_key("theme").await.unwrap(),
        "the state of the ended session stays gone"
    );
    assert_eq!(principal(&browser).await, None);
    assert_eq!(spy.inner().len(), 1);
}

#[tokio::test]
async fn two_log_ins_at_once_both_succeed_in_sessions_of_their_own() {
    let spy = Spy::default();
    let browser = browser_with_session(&spy.app()).await;
    let (mut a, mut b) = (browser.request(), browser.request());
    a.log_in(alice()).await.unwrap();
    b.log_in(bob()).await.unwrap();
    let (mut first, mut second) = (browser.clone(), browser.clone());
    first.respond(a).await.unwrap();
    second.respond(b).await.unwrap();
    assert_eq!(principal(&first).await, Some(alice()));
    assert_eq!(principal(&second).await, Some(bob()));
    assert!(!second.request().contains_key("theme").await.unwrap());
}

#[tokio::test]
async fn a_server_error_logs_nobody_in() {
    let spy = Spy::default();
    let mut browser = browser_with_session(&spy.app()).await;
    let mut session = browser.request();
    session.log_in(alice()).await.unwrap();
    let status = pavex::http::StatusCode::INTERNAL_SERVER_ERROR;
    let response = browser.respond_with(status, session).await.unwrap();
    browser.receive(&response);
    assert!(set_cookie(&response).is_none());
    assert_eq!(principal(&browser).await, None);
}

#[tokio::test]
async fn a_session_with_a_principal_always_has_a_record() {
    let spy = Spy::default();
    let app = spy.app_with(|config| config.state.record = RecordCreation::IfServerSide);
    let mut browser = app.browser();
    let mut session = browser.request();
    session.client_mut().insert("language", "de").unwrap();
    browser.respond(session).await.unwrap();
    assert_eq!(spy.inner().len(), 0);

    let mut session = browser.request();
    session.log_in_keeping(alice(), ["language"]).await.unwrap();
    browser.respond(session).await.unwrap();
    assert_eq!(principal(&browser).await, Some(alice()));
    assert!(browser.request().client().contains_key("language"));
    assert_eq!(spy.inner().len(), 1);
}

#[tokio::test]
async fn sessions_in_the_cookie_only_cannot_belong_to_somebody() {
    let app = TestApp::new(SessionStore::cookie_only());
    let mut session = app.browser().request();
    let Err(SessionError::Store(error)) = session.log_in(alice()).await else {
        panic!("it is accepted");
    };
    assert_eq!(error.kind(), StoreErrorKind::Unsupported);
}

#[tokio::test]
async fn a_label_stays_until_another_one_is_given() {
    let app = Spy::default().app();
    let mut browser = app.browser();
    let sessions = SessionRegistry::new(&app.store, &app.policy);
    for (log_in, expected) in [
        (
            LogIn::new(alice()).with_label(Label::new("Firefox")),
            "Firefox",
        ),
        (LogIn::new(alice()), "Firefox"),
        (
            LogIn::new(alice()).with_label(Label::new("Safari")),
            "Safari",
        ),
    ] {
        let mut session = browser.request();
        session.log_in(log_in).await.unwrap();
        browser.respond(session).await.unwrap();
        let list = sessions.list(&alice()).await.unwrap();
        assert_eq!(list[0].label, Some(Label::new(expected)));
    }
}

#[tokio::test]
async fn a_second_log_in_before_the_commit_keeps_the_label_of_the_first() {
    let app = Spy::default().app();
    let mut browser = app.browser();
    let mut session = browser.request();
    let first = LogIn::new(alice()).with_label(Label::new("Firefox"));
    session.log_in(first).await.unwrap();
    session.log_in(alice()).await.unwrap();
    browser.respond(session).await.unwrap();
    let sessions = SessionRegistry::new(&app.store, &app.policy);
    let list = sessions.list(&alice()).await.unwrap();
    assert_eq!(list[0].label, Some(Label::new("Firefox")));
}

#[tokio::test]
async fn a_proof_older_than_the_absolute_timeout_is_refused_and_a_younger_one_keeps_its_cookie() {
    let app = Spy::default().app();
    for age in [30 * DAY, 31 * DAY] {
        let mut session = app.browser().request();
        let log_in = LogIn::new(alice()).with_authenticated_at(app.clock.now() - age);
        let refused = session.log_in(log_in).await.unwrap_err();
        assert!(matches!(refused, SessionError::ProofTooOld));
        assert_eq!(refused.into_response().status().as_u16(), 401);
    }
    let mut browser = app.browser();
    let mut session = browser.request();
    let just_in_time = app.clock.now() - (30 * DAY - std::time::Duration::from_millis(500));
    let log_in = LogIn::new(alice()).with_authenticated_at(just_in_time);
    session.log_in(log_in).await.unwrap();
    let response = browser.respond(session).await.unwrap();
    assert!(set_cookie(&response).unwrap().contains("Max-Age=1"));
    assert_eq!(principal(&browser).await, Some(alice()));
}

/// The handler may look for the user for a while after the call.
#[tokio::test]
async fn a_proof_that_becomes_too_old_before_the_commit_is_refused_and_sends_no_cookie() {
    let spy = Spy::default();
    let app = spy.app();
    for mut browser in [app.browser(), browser_with_session(&app).await] {
        let (cookie, records) = (browser.cookie().map(str::to_owned), spy.inner().len());
        let mut session = browser.request();
        let just_in_time = app.clock.now() - (30 * DAY - MINUTE);
        let log_in = LogIn::new(alice()).with_authenticated_at(just_in_time);
        session.log_in(log_in).await.unwrap();
        app.clock.advance(MINUTE);
        let refused = session.commit().await.unwrap_err();
        assert!(matches!(refused, SessionError::ProofTooOld));
        let refused = browser.respond(session).await.unwrap_err();
        assert!(matches!(refused, SessionError::ProofTooOld));
        assert_eq!(browser.cookie(), cookie.as_deref());
        assert_eq!(spy.inner().len(), records);
        assert_eq!(principal(&browser).await, None);
    }
}

#[tokio::test]
async fn the_time_of_a_proof_is_kept_to_the_microsecond_like_all_others() {
    let app = TestApp::new(session_memory::InMemorySessionStore::new());
    let mut session = app.browser().request();
    let proof = app.clock.now() - HOUR;
    let with_nanoseconds = proof + std::time::Duration::from_nanos(1);
    let log_in = LogIn::new(alice()).with_authenticated_at(with_nanoseconds);
    session.log_in(log_in).await.unwrap();
    assert_eq!(session.authenticated_at().await.unwrap(), Some(proof));
    session.invalidate();
}
