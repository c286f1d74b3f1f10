//! Values with a deadline of their own.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use session::testing::{TestApp, TestBrowser};
use session::{Session, SessionError, StateKey};

use crate::support::*;

const TTL: Duration = Duration::from_secs(10 * 60);
const CODE: StateKey<String> = StateKey::expiring("code", TTL);
const PLAIN_CODE: StateKey<String> = StateKey::new("code");
const TRIES: StateKey<u32> = StateKey::expiring("tries", TTL);

/// A browser whose session has a value that expires.
async fn browser_with_code(app: &TestApp) -> TestBrowser {
    let mut browser = app.browser();
    let mut session = browser.request();
    session.insert(CODE, "4711").await.unwrap();
    session.insert("theme", "dark").await.unwrap();
    browser.respond(session).await.unwrap();
    browser
}

/// Requires that the code is there, or is not, whichever way one asks.
async fn has_code(session: &Session, expected: bool) {
    let code = expected.then(|| "4711".to_owned());
    assert_eq!(session.get(CODE).await.unwrap(), code);
    assert_eq!(session.get(PLAIN_CODE).await.unwrap(), code);
    assert_eq!(session.get::<String>("code").await.unwrap(), code);
    assert_eq!(session.contains_key(CODE).await.unwrap(), expected);
    let raw = session.get_raw("code").await.unwrap();
    let json = expected.then_some("\"4711\"");
    assert_eq!(raw.map(|raw| raw.get()), json);
    let mut entries = session.entries().await.unwrap();
    let entry = entries.find(|(key, _)| *key == "code");
    assert_eq!(entry.map(|(_, raw)| raw.get()), json);
}

/// The state as the store has it.
async fn stored(spy: &Spy, browser: &TestBrowser) -> String {
    use session::store::SessionStorageBackend;
    let id = browser.request().id().unwrap();
    let record = spy.inner().load(id).await.unwrap().unwrap();
    record.state.as_json().to_owned()
}

#[tokio::test]
async fn a_value_is_there_until_its_deadline_and_not_any_more() {
    let app = Spy::default().app();
    let mut browser = browser_with_code(&app).await;
    app.clock.advance(TTL - Duration::from_micros(1));
    has_code(&browser.request(), true).await;
    app.clock.advance(Duration::from_micros(1));
    let mut session = browser.request();
    has_code(&session, false).await;
    assert_eq!(session.take(CODE).await.unwrap(), None);
    assert!(!session.remove(CODE).await.unwrap());
    browser.respond(session).await.unwrap();
    assert!(browser.request().contains_key("theme").await.unwrap());
}

#[tokio::test]
async fn a_value_whose_deadline_passes_during_the_request_is_gone() {
    let app = Spy::default().app();
    let browser = browser_with_code(&app).await;
    let mut session = browser.request();
    has_code(&session, true).await;
    app.clock.advance(TTL);
    has_code(&session, false).await;
    assert_eq!(session.take(CODE).await.unwrap(), None);
    session.remove("theme").await.unwrap();
    assert!(session.is_empty().await.unwrap());
}

#[tokio::test]
async fn a_deadline_that_has_passed_causes_no_write_and_the_next_write_drops_the_value() {
    let spy = Spy::default();
    let app = spy.app();
    let mut browser = browser_with_code(&app).await;
    app.clock.advance(TTL);
    spy.operations();
    let mut session = browser.request();
    has_code(&session, false).await;
    session.insert("theme", "dark").await.unwrap();
    browser.respond(session).await.unwrap();
    assert_eq!(spy.operations(), ["load"]);
    assert!(stored(&spy, &browser).await.contains("4711"));

    let mut session = browser.request();
    session.insert("theme", "light").await.unwrap();
    browser.respond(session).await.unwrap();
    assert_eq!(spy.operations(), ["load", "replace"]);
    assert_eq!(stored(&spy, &browser).await, r#"{"theme":"light"}"#);
}

#[tokio::test]
async fn each_write_with_the_key_starts_the_time_anew_and_one_without_it_removes_the_deadline() {
    let app = Spy::default().app();
    let mut browser = app.browser();
    for tries in 1..4 {
        let mut session = browser.request();
        let count = session.update(TRIES, |n| n.unwrap_or(0) + 1);
        assert_eq!(count.await.unwrap(), tries);
        browser.respond(session).await.unwrap();
        app.clock.advance(TTL - Duration::from_secs(1));
    }
    app.clock.advance(Duration::from_secs(1));
    let mut session = browser.request();
    assert_eq!(session.get(TRIES).await.unwrap(), None);
    let tries = session.update(TRIES, |n| n.unwrap_or(0) + 1).await;
    assert_eq!(tries.unwrap(), 1);
    let tries = session.update("tries", |n: Option<u32>| n.unwrap_or(0) + 1);
    assert_eq!(tries.await.unwrap(), 2);
    browser.respond(session).await.unwrap();
    app.clock.advance(TTL);
    assert_eq!(browser.request().get(TRIES).await.unwrap(), Some(2));
    let mut session = browser.request();
    session.insert(TRIES, &2).await.unwrap();
    browser.respond(session).await.unwrap();
    app.clock.advance(TTL);
    assert_eq!(browser.request().get(TRIES).await.unwrap(), None);
}

#[tokio::test]
async fn updates_of_parallel_requests_are_all_kept() {
    let app = Spy::default().app();
    let browser = browser_with_code(&app).await;
    let mut requests: Vec<_> = (0..4).map(|_| browser.request()).collect();
    for session in &mut requests {
        session.update(TRIES, |n| n.unwrap_or(0) + 1).await.unwrap();
    }
    let mut browser = browser;
    for session in requests {
        browser.respond(session).await.unwrap();
    }
    assert_eq!(browser.request().get(TRIES).await.unwrap(), Some(4));
    app.clock.advance(TTL);
    assert_eq!(browser.request().get(TRIES).await.unwrap(), None);
}

/// Its JSON is that of a value with a deadline. A visitor may choose the keys of a map.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Forged {
    #[serde(rename = "~until")]
    until: u64,
    value: u64,
}

#[tokio::test]
async fn a_value_that_looks_like_one_with_a_deadline_is_read_back_as_it_is() {
    const EXPIRING: StateKey<Forged> = StateKey::expiring("forged", TTL);
    const PLAIN: StateKey<Forged> = StateKey::new("forged");
    let app = Spy::default().app();
    let mut browser = app.browser();
    let forged = Forged { until: 0, value: 1 };
    let mut session = browser.request();
    session.insert(PLAIN, &forged).await.unwrap();
    session.client_mut().insert(PLAIN, &forged).unwrap();
    browser.respond(session).await.unwrap();
    app.clock.advance(HOUR);
    let mut session = browser.request();
    assert_eq!(session.get(EXPIRING).await.unwrap(), Some(forged.clone()));
    assert_eq!(session.client().get(PLAIN).unwrap(), Some(forged.clone()));
    session.insert(EXPIRING, &forged).await.unwrap();
    browser.respond(session).await.unwrap();
    assert_eq!(browser.request().get(PLAIN).await.unwrap(), Some(forged));
    app.clock.advance(TTL);
    assert_eq!(browser.request().get(PLAIN).await.unwrap(), None);
}

/// Any text can be in a store.
#[tokio::test]
async fn a_stored_map_with_the_members_of_a_deadline_and_further_ones_is_a_plain_value() {
    use session::store::{SerializedState, SessionRecord, SessionStorageBackend};
    const MAP: &str = r#"{"~until":9000000000000000000,"value":1,"b":2}"#;
    let spy = Spy::default();
    let app = spy.app();
    let browser = browser_with_code(&app).await;
    let id = browser.request().id().unwrap();
    let record = spy.inner().load(id).await.unwrap().unwrap();
    let mut record = SessionRecord::clone(&record);
    record.state = SerializedState::from_json(format!(r#"{{"a":{MAP}}}"#));
    assert!(spy.inner().delete(id, None).await.unwrap());
    _ = spy.inner().create(&record.into()).await.unwrap();
    let session = browser.request();
    let raw = session.get_raw("a").await.unwrap();
    assert_eq!(raw.map(|raw| raw.get()), Some(MAP));
    assert!(session.contains_key("a").await.unwrap());
    assert!(!session.is_empty().await.unwrap());
    assert_eq!(session.entries().await.unwrap().count(), 1);
}

#[tokio::test]
async fn a_value_keeps_its_deadline_through_a_log_in_and_a_log_out() {
    let app = Spy::default().app();
    let mut browser = browser_with_code(&app).await;
    let mut session = browser.request();
    session.log_in_keeping(alice(), [CODE]).await.unwrap();
    browser.respond(session).await.unwrap();
    let mut session = browser.request();
    session.log_out_keeping([CODE]).await.unwrap();
    browser.respond(session).await.unwrap();
    app.clock.advance(TTL - Duration::from_secs(1));
    has_code(&browser.request(), true).await;
    app.clock.advance(Duration::from_secs(1));
    has_code(&browser.request(), false).await;
}

#[tokio::test]
async fn a_value_in_the_client_side_state_expires_and_the_next_cookie_is_without_it() {
    let app = Spy::default().app();
    let mut browser = app.browser();
    let mut session = browser.request();
    session.client_mut().insert(CODE, "4711").unwrap();
    session.client_mut().insert("language", "de").unwrap();
    browser.respond(session).await.unwrap();
    let length = browser.cookie().unwrap().len();
    app.clock.advance(TTL - Duration::from_secs(1));
    let code = browser.request().client().get(CODE).unwrap();
    assert_eq!(code.as_deref(), Some("4711"));
    app.clock.advance(Duration::from_secs(1));
    let mut session = browser.request();
    assert_eq!(session.client().get(CODE).unwrap(), None);
    assert!(!session.client().contains_key("code"));
    assert_eq!(session.client().entries().count(), 1);
    session.client_mut().insert("language", "en").unwrap();
    browser.respond(session).await.unwrap();
    assert!(browser.cookie().unwrap().len() < length);
}

#[tokio::test]
async fn one_of_two_parallel_requests_takes_the_value_and_the_other_gets_nothing() {
    let spy = Spy::default();
    let app = spy.app();
    let browser = browser_with_code(&app).await;
    let [mut first, mut second] = [browser.request(), browser.request()];
    has_code(&first, true).await;
    has_code(&second, true).await;
    second.insert("other", &1).await.unwrap();
    spy.operations();
    assert_eq!(first.take(CODE).await.unwrap().as_deref(), Some("4711"));
    assert_eq!(spy.operations(), ["replace"], "the removal is committed");
    assert_eq!(second.take(CODE).await.unwrap(), None);
    has_code(&second, false).await;
    let mut browser = browser;
    browser.respond(first).await.unwrap();
    let response = browser.respond(second).await.unwrap();
    assert_eq!(response.status(), 200);
    let session = browser.request();
    has_code(&session, false).await;
    assert!(
        session.contains_key("other").await.unwrap(),
        "the other change is kept"
    );
}

#[tokio::test]
async fn a_value_that_was_written_anew_meanwhile_is_not_taken() {
    let app = Spy::default().app();
    let mut browser = browser_with_code(&app).await;
    let mut late = browser.request();
    has_code(&late, true).await;
    app.clock.advance(Duration::from_secs(1));
    let mut session = browser.request();
    session.insert(CODE, "4711").await.unwrap();
    browser.respond(session).await.unwrap();
    assert_eq!(late.take(CODE).await.unwrap(), None);
    browser.respond(late).await.unwrap();
    has_code(&browser.request(), true).await;
}

#[tokio::test]
async fn a_value_stays_taken_if_the_handler_fails_afterwards() {
    let app = Spy::default().app();
    let mut browser = browser_with_code(&app).await;
    let mut session = browser.request();
    session.insert("before", &1).await.unwrap();
    assert!(session.take(CODE).await.unwrap().is_some());
    session.insert("after", &1).await.unwrap();
    let status = pavex::http::StatusCode::INTERNAL_SERVER_ERROR;
    let response = browser.respond_with(status, session).await.unwrap();
    browser.receive(&response);
    let session = browser.request();
    has_code(&session, false).await;
    assert!(session.contains_key("before").await.unwrap());
    assert!(!session.contains_key("after").await.unwrap());
}

#[tokio::test]
async fn a_value_of_the_same_request_can_be_taken() {
    let spy = Spy::default();
    let mut browser = spy.app().browser();
    let mut session = browser.request();
    session.insert(CODE, "4711").await.unwrap();
    assert_eq!(session.take(CODE).await.unwrap().as_deref(), Some("4711"));
    browser.respond(session).await.unwrap();
    assert!(browser.request().is_empty().await.unwrap());
}

#[tokio::test]
async fn a_take_in_a_session_that_ended_meanwhile_is_an_error() {
    let app = Spy::default().app();
    let browser = browser_with_code(&app).await;
    let mut late = browser.request();
    has_code(&late, true).await;
    let mut session = browser.request();
    session.invalidate();
    browser.clone().respond(session).await.unwrap();
    let outcome = late.take(CODE).await;
    assert!(
        matches!(outcome, Err(SessionError::Discarded)),
        "{outcome:?}"
    );
}

/// It may be removed, so nobody may act on it.
#[tokio::test]
async fn a_take_whose_answer_is_lost_is_an_error_and_gives_the_value_to_no_other_request() {
    let spy = Spy::default();
    let app = spy.app();
    let browser = browser_with_code(&app).await;
    let mut session = browser.request();
    has_code(&session, true).await;
    spy.behave(Behaviour::LosingAnswers);
    assert!(matches!(
        session.take(CODE).await,
        Err(SessionError::Store(_))
    ));
    spy.behave(Behaviour::Normal);
    assert_eq!(session.take(CODE).await.unwrap(), None);
    let mut browser = browser;
    browser.respond(session).await.unwrap();
    assert_eq!(browser.request().take(CODE).await.unwrap(), None);
}

/// The removal would be refused at a later commit, and other changes would go with it.
#[tokio::test]
async fn a_take_that_failed_is_not_repeated_by_a_later_commit() {
    let spy = Spy::default();
    let app = spy.app();
    let browser = browser_with_code(&app).await;
    let [mut first, mut second] = [browser.request(), browser.request()];
    for session in [&mut first, &mut second] {
        has_code(session, true).await;
        spy.behave(Behaviour::Down);
        assert!(session.take(CODE).await.is_err());
        spy.behave(Behaviour::Normal);
        has_code(session, true).await;
    }
    let mut browser = browser;
    assert_eq!(first.take(CODE).await.unwrap().as_deref(), Some("4711"));
    browser.respond(first).await.unwrap();
    second.insert("other", &1).await.unwrap();
    assert_eq!(browser.respond(second).await.unwrap().status(), 200);
    let session = browser.request();
    has_code(&session, false).await;
    assert!(session.contains_key("other").await.unwrap());
}

#[tokio::test]
async fn a_take_that_failed_leaves_the_value_that_the_request_has_written() {
    let spy = Spy::default();
    let app = spy.app();
    for is_updated in [false, true] {
        let mut browser = browser_with_session(&app).await;
        let mut session = browser.request();
        match is_updated {
            true => _ = session.update(CODE, |_| "4711".to_owned()).await.unwrap(),
            false => session.insert(CODE, "4711").await.unwrap(),
        }
        spy.behave(Behaviour::Down);
        assert!(session.take(CODE).await.is_err());
        spy.behave(Behaviour::Normal);
        browser.respond(session).await.unwrap();
        has_code(&browser.request(), true).await;
    }
}

#[tokio::test]
async fn a_take_reports_the_refusal_of_an_update_that_it_commits() {
    let app = Spy::default().app();
    let mut browser = browser_with_code(&app).await;
    for key in ["balance", "tries"] {
        let mut late = browser.request();
        let pay = |n: Option<u32>| match n {
            None => Ok(Some(1)),
            Some(_) => Err("it is paid"),
        };
        assert!(late.try_update(key, pay).await.unwrap().is_ok());
        let mut session = browser.request();
        session.insert(key, &0).await.unwrap();
        session.insert(CODE, key).await.unwrap();
        browser.respond(session).await.unwrap();
        let outcome = late.take(CODE).await;
        assert!(
            matches!(&outcome, Err(SessionError::UpdateRefused { key: refused, .. }) if refused == key),
            "{outcome:?}"
        );
        browser.respond(late).await.unwrap();
    }
}

#[tokio::test]
async fn a_conflict_does_not_bring_a_value_back_whose_deadline_has_passed() {
    let spy = Spy::default();
    let app = spy.app();
    let mut browser = browser_with_code(&app).await;
    let mut late = browser.request();
    late.insert("late", &1).await.unwrap();
    let mut session = browser.request();
    session.insert("theme", "light").await.unwrap();
    browser.respond(session).await.unwrap();
    app.clock.advance(TTL);
    browser.respond(late).await.unwrap();
    let state = stored(&spy, &browser).await;
    assert_eq!(state, r#"{"late":1,"theme":"light"}"#);
}

#[tokio::test]
async fn a_value_of_another_type_is_not_taken() {
    let app = Spy::default().app();
    let mut browser = browser_with_code(&app).await;
    let mut session = browser.request();
    let outcome = session.take::<u64>("code").await;
    assert!(matches!(outcome, Err(SessionError::Deserialize { .. })));
    browser.respond(session).await.unwrap();
    has_code(&browser.request(), true).await;
}
