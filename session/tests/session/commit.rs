//! Committing inside a handler, and what a server error discards.

use pavex::http::StatusCode;
use session::testing::{TestApp, set_cookie};
use session::{PassiveRequest, SessionConfig, SessionError};

use crate::support::*;

#[tokio::test]
async fn insert_commit_insert_on_a_new_session_keeps_both() {
    let spy = Spy::default();
    let mut browser = spy.app().browser();
    let mut session = browser.request();
    session.insert("a", &1).await.unwrap();
    session.commit().await.unwrap();
    session.insert("b", &2).await.unwrap();
    browser.respond(session).await.unwrap();
    assert_eq!(spy.operations(), ["create", "replace"]);
    let session = browser.request();
    assert!(session.contains_key("a").await.unwrap());
    assert!(session.contains_key("b").await.unwrap());
}

#[tokio::test]
async fn renew_commit_renew_leaves_one_session() {
    let spy = Spy::default();
    let mut browser = browser_with_session(&spy.app()).await;
    let mut session = browser.request();
    session.renew();
    session.commit().await.unwrap();
    session.insert("a", &1).await.unwrap();
    session.renew();
    browser.respond(session).await.unwrap();
    let session = browser.request();
    assert!(session.contains_key("theme").await.unwrap());
    assert!(session.contains_key("a").await.unwrap());
    assert_eq!(spy.inner().len(), 1);
}

#[tokio::test]
async fn a_request_that_only_reads_after_a_commit_sends_the_cookie_of_that_commit() {
    let spy = Spy::default();
    let mut browser = browser_with_session(&spy.app()).await;
    let mut session = browser.request();
    session.renew();
    session.commit().await.unwrap();
    assert!(session.contains_key("theme").await.unwrap());
    let response = browser.respond(session).await.unwrap();
    assert!(set_cookie(&response).is_some());
    assert!(browser.request().contains_key("theme").await.unwrap());
}

/// The store has the new secret, so the browser needs it.
#[tokio::test]
async fn a_request_that_only_reads_settles_a_renewal_whose_answer_was_lost() {
    let spy = Spy::default();
    let mut config = SessionConfig::default();
    config.state.renew_every = Some(HOUR);
    let app = TestApp::with_config(spy.clone(), &config).unwrap();
    let mut browser = browser_with_session(&app).await;
    app.clock.advance(HOUR);
    let mut session = browser.request();
    session.force_load().await.unwrap();
    spy.behave(Behaviour::LosingAnswers);
    session.commit().await.unwrap();
    spy.behave(Behaviour::Normal);
    // Of a passive request, nothing else is due.
    PassiveRequest::new(&session);
    let response = browser.respond(session).await.unwrap();
    assert!(set_cookie(&response).is_some());
    app.clock.advance(MINUTE);
    assert!(browser.request().contains_key("theme").await.unwrap());
}

#[tokio::test]
async fn a_commit_without_changes_does_nothing() {
    let spy = Spy::default();
    let mut session = spy.app().browser().request();
    session.commit().await.unwrap();
    session.commit().await.unwrap();
    assert!(spy.operations().is_empty());
}

#[tokio::test]
async fn a_server_error_discards_changes() {
    let spy = Spy::default();
    let browser = browser_with_session(&spy.app()).await;
    spy.operations();
    let mut session = browser.request();
    session.insert("a", &1).await.unwrap();
    session.client_mut().insert("b", &2).unwrap();
    session.renew();
    let response = browser
        .respond_with(StatusCode::INTERNAL_SERVER_ERROR, session)
        .await
        .unwrap();
    assert_eq!(spy.operations(), ["load"]);
    assert!(set_cookie(&response).is_none());
    assert!(!browser.request().contains_key("a").await.unwrap());
}

#[tokio::test]
async fn a_server_error_keeps_changes_if_configured() {
    let spy = Spy::default();
    let app = spy.app_with(|config| config.state.save_on_server_error = true);
    let browser = browser_with_session(&app).await;
    let mut session = browser.request();
    session.insert("a", &1).await.unwrap();
    browser
        .respond_with(StatusCode::BAD_GATEWAY, session)
        .await
        .unwrap();
    assert!(browser.request().contains_key("a").await.unwrap());
}

#[tokio::test]
async fn a_server_error_keeps_what_was_committed_before_and_its_cookie() {
    let mut browser = Spy::default().app().browser();
    let mut session = browser.request();
    session.insert("attempts", &1).await.unwrap();
    session.commit().await.unwrap();
    session.insert("rest", &1).await.unwrap();
    let response = browser
        .respond_with(StatusCode::INTERNAL_SERVER_ERROR, session)
        .await
        .unwrap();
    browser.receive(&response);
    let session = browser.request();
    assert!(session.contains_key("attempts").await.unwrap());
    assert!(!session.contains_key("rest").await.unwrap());
}

#[tokio::test]
async fn the_end_of_a_session_takes_effect_whatever_the_status() {
    let spy = Spy::default();
    let mut browser = browser_with_session(&spy.app()).await;
    let mut session = browser.request();
    session.invalidate();
    session.insert("notice", "bye").await.unwrap();
    let response = browser
        .respond_with(StatusCode::INTERNAL_SERVER_ERROR, session)
        .await
        .unwrap();
    browser.receive(&response);
    assert_eq!(browser.cookie(), None);
    assert_eq!(
        spy.inner().len(),
        0,
        "the old session is gone, and no new one was saved"
    );
}

#[tokio::test]
async fn a_client_error_saves_changes() {
    let browser = browser_with_session(&Spy::default().app()).await;
    let mut session = browser.request();
    session.insert("attempts", &1).await.unwrap();
    browser
        .respond_with(StatusCode::UNAUTHORIZED, session)
        .await
        .unwrap();
    assert!(browser.request().contains_key("attempts").await.unwrap());
}

#[tokio::test]
async fn a_state_above_the_limit_is_refused_at_the_call_before_the_store_is_touched() {
    let spy = Spy::default();
    let app = spy.app_with(|config| config.state.max_size = 100);
    let mut browser = app.browser();
    let mut session = browser.request();
    session.insert("small", &1).await.unwrap();
    let refused = session.insert("big", &"x".repeat(100)).await.unwrap_err();
    assert!(
        matches!(
            refused,
            SessionError::StateTooLarge {
                size: 120,
                limit: 100
            }
        ),
        "{refused:?}"
    );
    browser.respond(session).await.unwrap();
    assert_eq!(spy.operations(), ["create"]);
    assert!(browser.request().contains_key("small").await.unwrap());
}

#[tokio::test]
async fn a_value_that_json_does_not_have_is_refused_at_the_call() {
    let mut session = Spy::default().app().browser().request();
    let keys_are_no_text = std::collections::BTreeMap::from([((1, 2), 3)]);
    let refused = session.insert("map", &keys_are_no_text).await.unwrap_err();
    assert!(matches!(refused, SessionError::Serialize { .. }));
    assert_eq!(
        refused.to_string(),
        "the session value `map` cannot be written as JSON"
    );
    assert!(session.is_empty().await.unwrap());
}

#[tokio::test]
async fn a_merge_that_exceeds_the_limit_is_an_error_and_keeps_the_first_commit() {
    let spy = Spy::default();
    let app = spy.app_with(|config| config.state.max_size = 60);
    let browser = browser_with_session(&app).await;
    let (mut first, mut second) = (browser.request(), browser.request());
    first.insert("a", &"x".repeat(30)).await.unwrap();
    second.insert("b", &"x".repeat(30)).await.unwrap();
    first.commit().await.unwrap();
    let refused = second.commit().await.unwrap_err();
    assert!(matches!(refused, SessionError::StateTooLarge { .. }));
    let session = browser.request();
    assert!(session.contains_key("a").await.unwrap());
    assert!(!session.contains_key("b").await.unwrap());
}

#[tokio::test]
async fn a_state_above_a_lowered_limit_is_kept_and_may_become_smaller() {
    let app = Spy::default().app();
    let mut browser = browser_with_session(&app).await;
    let mut session = browser.request();
    session.insert("big", &"x".repeat(100)).await.unwrap();
    browser.respond(session).await.unwrap();
    let mut config = app.policy.config().clone();
    config.state.max_size = 50;
    let cookie = browser.cookie().map(str::to_owned);
    let mut browser = restarted(&app, &config).browser();
    browser.set_cookie(cookie);

    // A change of client-side state alone loads the record once more.
    let mut session = browser.request();
    session.get::<String>("theme").await.unwrap();
    session.client_mut().insert("language", "de").unwrap();
    browser.respond(session).await.unwrap();
    let mut session = browser.request();
    assert!(session.remove("theme").await.unwrap());
    browser.respond(session).await.unwrap();
    let session = browser.request();
    assert!(session.contains_key("big").await.unwrap());
    assert!(!session.contains_key("theme").await.unwrap());
}
