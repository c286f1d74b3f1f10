//! A store that is down, slow or damaged.

use pavex::http::StatusCode;
use session::SessionError;
use session::config::Activity;
use session::store::{SerializedState, SessionStorageBackend, StoreErrorKind};
use session::testing::set_cookie;
use std::sync::Arc;

use crate::support::*;

fn kind(error: &SessionError) -> Option<StoreErrorKind> {
    match error {
        SessionError::Store(error) => Some(error.kind()),
        _ => None,
    }
}

#[tokio::test]
async fn a_dead_store_is_a_typed_error_and_the_session_recovers_by_itself() {
    let spy = Spy::default();
    let mut browser = browser_with_session(&spy.app()).await;
    spy.behave(Behaviour::Down);
    let session = browser.request();
    let error = session.get::<String>("theme").await.unwrap_err();
    assert_eq!(kind(&error), Some(StoreErrorKind::Unavailable));
    assert_eq!(
        error.into_response().status(),
        StatusCode::SERVICE_UNAVAILABLE
    );
    let response = browser.respond(session).await.unwrap();
    assert!(set_cookie(&response).is_none());
    spy.behave(Behaviour::Normal);
    assert!(browser.request().contains_key("theme").await.unwrap());
}

#[tokio::test]
async fn a_load_that_failed_is_tried_again_by_the_next_read() {
    let spy = Spy::default();
    let browser = browser_with_session(&spy.app()).await;
    let session = browser.request();
    spy.behave(Behaviour::Down);
    assert!(session.force_load().await.is_err());
    spy.behave(Behaviour::Normal);
    assert!(session.contains_key("theme").await.unwrap());
}

#[tokio::test]
async fn an_untouched_request_is_not_affected_by_a_dead_store() {
    let spy = Spy::default();
    let mut browser = browser_with_session(&spy.app()).await;
    spy.behave(Behaviour::Down);
    browser.respond(browser.request()).await.unwrap();
}

#[tokio::test]
async fn a_failed_commit_sends_no_cookie() {
    let spy = Spy::default();
    let browser = spy.app().browser();
    let mut session = browser.request();
    session.insert("a", &1).await.unwrap();
    spy.behave(Behaviour::Down);
    let error = browser
        .respond_with(StatusCode::OK, session)
        .await
        .unwrap_err();
    assert_eq!(kind(&error), Some(StoreErrorKind::Unavailable));
}

#[tokio::test]
async fn a_commit_that_failed_in_the_handler_is_repeated_at_the_end() {
    let spy = Spy::default();
    let mut browser = browser_with_session(&spy.app()).await;
    let mut session = browser.request();
    session.insert("a", &1).await.unwrap();
    spy.behave(Behaviour::Down);
    assert!(session.commit().await.is_err());
    spy.behave(Behaviour::Normal);
    browser.respond(session).await.unwrap();
    assert!(browser.request().contains_key("a").await.unwrap());
}

#[tokio::test]
async fn a_write_whose_answer_was_lost_is_not_counted_twice() {
    let spy = Spy::default();
    let mut browser = browser_with_session(&spy.app()).await;
    let mut session = browser.request();
    session
        .update("n", |n: Option<u32>| n.unwrap_or(0) + 1)
        .await
        .unwrap();
    spy.behave(Behaviour::LosingAnswers);
    assert!(session.commit().await.is_err());
    spy.behave(Behaviour::Normal);
    browser.respond(session).await.unwrap();
    assert_eq!(browser.request().get::<u32>("n").await.unwrap(), Some(1));
}

#[tokio::test]
async fn a_write_whose_answer_was_lost_is_recognised_after_another_request_moved_the_deadline() {
    let spy = Spy::default();
    let app = spy.app();
    let mut browser = browser_with_session(&app).await;
    app.clock.advance(12 * HOUR);
    let reader = browser.request();
    reader.force_load().await.unwrap();
    let mut session = browser.request();
    session
        .update("n", |n: Option<u32>| n.unwrap_or(0) + 1)
        .await
        .unwrap();
    spy.behave(Behaviour::LosingAnswers);
    assert!(session.commit().await.is_err());
    spy.behave(Behaviour::Normal);
    app.clock.advance(MINUTE);
    spy.operations();
    browser.clone().respond(reader).await.unwrap();
    assert_eq!(spy.operations(), ["touch"]);

    browser.respond(session).await.unwrap();
    let session = browser.request();
    assert_eq!(session.get::<u32>("n").await.unwrap(), Some(1));
    assert_eq!(session.expires_at(), Some(app.clock.now() + DAY));
}

/// Both leave the same state, at the same time.
#[tokio::test]
async fn a_write_of_another_request_is_not_taken_for_one_whose_answer_was_lost() {
    let spy = Spy::default();
    let mut browser = browser_with_session(&spy.app()).await;
    let (mut first, mut second) = (browser.request(), browser.request());
    for session in [&mut first, &mut second] {
        let increment = |n: Option<u32>| n.unwrap_or(0) + 1;
        session.update("n", increment).await.unwrap();
    }
    browser.clone().respond(first).await.unwrap();
    spy.behave(Behaviour::LosingAnswers);
    assert!(second.commit().await.is_err());
    spy.behave(Behaviour::Normal);
    browser.respond(second).await.unwrap();
    assert_eq!(browser.request().get::<u32>("n").await.unwrap(), Some(2));
}

#[tokio::test]
async fn a_merge_that_failed_keeps_the_changes_for_the_end_of_the_request() {
    let spy = Spy::default();
    let app = spy.app_with(|config| config.state.max_size = 60);
    let mut browser = browser_with_session(&app).await;
    let (mut first, mut second) = (browser.request(), browser.request());
    first.insert("a", &"x".repeat(30)).await.unwrap();
    second.insert("b", &"x".repeat(30)).await.unwrap();
    first.commit().await.unwrap();
    assert!(second.commit().await.is_err());
    first.remove("a").await.unwrap();
    first.commit().await.unwrap();
    browser.respond(second).await.unwrap();
    assert!(browser.request().contains_key("b").await.unwrap());
}

#[tokio::test]
async fn a_log_out_that_did_not_take_place_is_an_error_that_the_client_sees() {
    let spy = Spy::default();
    let mut browser = browser_with_session(&spy.app()).await;
    let mut session = browser.request();
    session.force_load().await.unwrap();
    session.invalidate();
    spy.behave(Behaviour::Down);
    let error = browser.respond(session).await.unwrap_err();
    assert_eq!(
        error.into_response().status(),
        StatusCode::SERVICE_UNAVAILABLE
    );
    assert!(browser.cookie().is_some());
    spy.behave(Behaviour::Normal);
    assert!(browser.request().contains_key("theme").await.unwrap());
}

#[tokio::test]
async fn a_log_out_that_failed_in_the_handler_is_repeated_at_the_end() {
    let spy = Spy::default();
    let mut browser = browser_with_session(&spy.app()).await;
    let mut session = browser.request();
    session.invalidate();
    spy.behave(Behaviour::Down);
    assert!(session.commit().await.is_err());
    spy.behave(Behaviour::Normal);
    browser.respond(session).await.unwrap();
    assert_eq!(browser.cookie(), None);
    assert_eq!(spy.inner().len(), 0);
}

#[tokio::test]
async fn an_extension_that_fails_costs_the_visitor_nothing() {
    let spy = Spy::default();
    let app = spy.app_with(|config| config.state.activity = Activity::AnyRequest);
    let mut browser = browser_with_session(&app).await;
    app.clock.advance(12 * HOUR);
    let read = browser.request();
    read.force_load().await.unwrap();
    spy.behave(Behaviour::Down);
    for session in [read, browser.request()] {
        let response = browser.respond(session).await.unwrap();
        assert!(set_cookie(&response).is_none());
    }
}

#[tokio::test(start_paused = true)]
async fn a_store_that_hangs_is_a_typed_error_within_the_limit() {
    let spy = Spy::default();
    let mut browser = browser_with_session(&spy.app()).await;
    spy.behave(Behaviour::Hanging);
    let start = tokio::time::Instant::now();
    let error = browser.request().force_load().await.unwrap_err();
    assert_eq!(kind(&error), Some(StoreErrorKind::Timeout));
    assert_eq!(
        std::error::Error::source(&error).unwrap().to_string(),
        "the session store did not answer within `session.store.timeout` (operation: load)"
    );
    assert_eq!(
        start.elapsed(),
        std::time::Duration::from_secs(5),
        "in the clock of the test"
    );
    browser.respond(browser.request()).await.unwrap();
    spy.behave(Behaviour::Normal);
    assert!(browser.request().contains_key("theme").await.unwrap());
}

#[tokio::test]
async fn a_stored_state_that_does_not_parse_makes_the_request_anonymous_and_is_left_as_it_is() {
    let spy = Spy::default();
    let app = spy.app();
    let mut browser = browser_with_session(&app).await;
    let id = browser.request().id().unwrap();
    let mut record = spy.inner().load(id).await.unwrap().unwrap();
    let expected = record.revision;
    Arc::make_mut(&mut record).revision = expected.next();
    Arc::make_mut(&mut record).state = SerializedState::from_json("{\"theme\":");
    _ = spy.inner().replace(&record, expected).await.unwrap();

    let mut session = browser.request();
    assert!(session.is_empty().await.unwrap());
    session.insert("a", &1).await.unwrap();
    browser.respond(session).await.unwrap();
    assert_ne!(
        browser.request().id(),
        Some(id),
        "a write starts a new session"
    );
    let left = spy.inner().load(id).await.unwrap().unwrap();
    assert_eq!(left.state.as_json(), "{\"theme\":");
}

#[tokio::test]
async fn a_value_of_another_type_is_an_error_of_that_read_only() {
    let browser = browser_with_session(&Spy::default().app()).await;
    let session = browser.request();
    assert!(session.get::<u32>("theme").await.is_err());
    assert_eq!(
        session.get::<String>("theme").await.unwrap().unwrap(),
        "dark"
    );
}

#[tokio::test]
async fn a_write_whose_answer_was_lost_costs_nothing_once_its_session_has_ended() {
    let spy = Spy::default();
    let mut browser = browser_with_session(&spy.app()).await;
    let mut session = browser.request();
    session.insert("a", &1).await.unwrap();
    spy.behave(Behaviour::LosingAnswers);
    assert!(session.commit().await.is_err());
    spy.behave(Behaviour::Normal);
    session.invalidate();
    session.insert("notice", "goodbye").await.unwrap();
    session.commit().await.unwrap();
    spy.operations();
    session.insert("b", &2).await.unwrap();
    browser.respond(session).await.unwrap();
    assert_eq!(spy.operations(), ["replace"]);
}

#[tokio::test]
async fn a_change_after_a_write_whose_answer_was_lost_is_kept_and_both_count_once() {
    let spy = Spy::default();
    let mut browser = browser_with_session(&spy.app()).await;
    let mut session = browser.request();
    let increment = |n: Option<u32>| n.unwrap_or(0) + 1;
    session.update("n", increment).await.unwrap();
    spy.behave(Behaviour::LosingAnswers);
    assert!(session.commit().await.is_err());
    spy.behave(Behaviour::Normal);
    session.update("n", increment).await.unwrap();
    session.insert("a", &1).await.unwrap();
    session.client_mut().insert("language", "de").unwrap();
    browser.respond(session).await.unwrap();
    let session = browser.request();
    assert_eq!(session.get::<u32>("n").await.unwrap(), Some(2));
    assert!(session.contains_key("a").await.unwrap());
    assert!(session.client().contains_key("language"));
}

#[tokio::test]
async fn a_new_session_whose_creation_lost_its_answer_is_created_once() {
    let spy = Spy::default();
    let mut browser = spy.app().browser();
    let mut session = browser.request();
    session.insert("a", &1).await.unwrap();
    spy.behave(Behaviour::LosingAnswers);
    assert!(session.commit().await.is_err());
    spy.behave(Behaviour::Normal);
    browser.respond(session).await.unwrap();
    assert_eq!(spy.operations(), ["create", "load"]);
    assert_eq!(spy.inner().len(), 1);
    assert!(browser.request().contains_key("a").await.unwrap());
}

#[tokio::test]
async fn a_log_in_whose_answer_was_lost_takes_effect_once() {
    let spy = Spy::default();
    let mut browser = browser_with_session(&spy.app()).await;
    let id = browser.request().id();
    let mut session = browser.request();
    session.log_in(alice()).await.unwrap();
    spy.behave(Behaviour::LosingAnswers);
    assert!(session.commit().await.is_err());
    spy.behave(Behaviour::Normal);
    browser.respond(session).await.unwrap();
    let session = browser.request();
    assert_eq!(session.principal().await.unwrap(), Some(alice()));
    assert_eq!(session.id(), id);
    assert_eq!(spy.inner().len(), 1);
}

#[tokio::test]
async fn a_session_that_ends_after_its_creation_lost_the_answer_leaves_nothing_in_the_store() {
    let spy = Spy::default();
    let mut browser = spy.app().browser();
    let mut session = browser.request();
    session.log_in(alice()).await.unwrap();
    spy.behave(Behaviour::LosingAnswers);
    assert!(session.commit().await.is_err());
    spy.behave(Behaviour::Normal);
    session.log_out();
    browser.respond(session).await.unwrap();
    assert_eq!(spy.inner().len(), 0);
}

#[tokio::test]
async fn a_log_out_deletes_a_record_whose_state_is_damaged() {
    for keeps_values in [false, true] {
        let spy = Spy::default();
        let mut browser = browser_with_session(&spy.app()).await;
        let id = browser.request().id().unwrap();
        let mut record = spy.inner().load(id).await.unwrap().unwrap();
        let expected = record.revision;
        Arc::make_mut(&mut record).revision = expected.next();
        Arc::make_mut(&mut record).state = SerializedState::from_json("[]");
        _ = spy.inner().replace(&record, expected).await.unwrap();

        let mut session = browser.request();
        match keeps_values {
            true => session.log_out_keeping(["theme"]).await.unwrap(),
            false => session.log_out(),
        }
        browser.respond(session).await.unwrap();
        assert_eq!(browser.cookie(), None);
        assert_eq!(spy.inner().len(), 0);
    }
}

#[tokio::test]
async fn a_log_out_deletes_a_record_of_a_newer_release() {
    for ends in [session::Session::log_out, session::Session::invalidate] {
        let spy = Spy::default();
        let mut browser = browser_with_session(&spy.app()).await;
        spy.behave(Behaviour::UnreadableRecords);
        let mut session = browser.request();
        ends(&mut session);
        browser.respond(session).await.unwrap();
        assert_eq!(browser.cookie(), None);
        assert_eq!(spy.inner().len(), 0);
    }
}

#[tokio::test]
async fn a_log_out_with_an_old_token_of_a_newer_release_is_an_error_that_the_client_sees() {
    let spy = Spy::default();
    let mut browser = browser_with_session(&spy.app()).await;
    let mut old = browser.clone();
    let mut session = browser.request();
    session.renew();
    browser.respond(session).await.unwrap();
    spy.behave(Behaviour::UnreadableRecords);
    for ends in [session::Session::log_out, session::Session::invalidate] {
        let mut session = old.request();
        ends(&mut session);
        let error = old.respond(session).await.unwrap_err();
        assert_eq!(kind(&error), Some(StoreErrorKind::InvalidRecord));
        assert!(old.cookie().is_some());
    }
    spy.behave(Behaviour::Normal);
    assert_eq!(spy.inner().len(), 1);
}

/// The store can be read, and not written: its disk or memory is full.
#[tokio::test]
async fn the_page_of_a_handler_about_a_failed_commit_is_sent() {
    let spy = Spy::default();
    let browser = browser_with_session(&spy.app()).await;
    let mut session = browser.request();
    session.insert("a", &1).await.unwrap();
    spy.behave(Behaviour::Down);
    assert!(session.commit().await.is_err());
    let status = StatusCode::SERVICE_UNAVAILABLE;
    let response = browser.respond_with(status, session).await.unwrap();
    assert_eq!(response.status(), status);
}
