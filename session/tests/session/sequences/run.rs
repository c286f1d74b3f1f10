use pavex::http::StatusCode;
use session::config::AtLimit;
use session::testing::{TestApp, TestBrowser};
use session::{FlashLevel, Session, SessionConfig, SessionError};

use super::call::{Call, KEYS};
use super::faults::{Fault, FaultyStore};
use super::model::{Content, Model, Outcome};
use crate::support::log_in;

/// Makes the calls on a session and on the model, and compares both after each call.
pub(super) async fn check(arrives_with_session: bool, calls: Vec<Call>, status: u16) {
    let store = FaultyStore::default();
    let mut config = SessionConfig::default();
    config.log_in.max_sessions_per_principal = 1.try_into().ok();
    config.log_in.at_limit = AtLimit::Refuse;
    let app = TestApp::with_config(store.clone(), &config).unwrap();
    let rivals = TestApp::new(store.memory.clone());
    let mut browser = app.browser();
    let mut model = Model::default();
    if arrives_with_session {
        model = Model::with_session(arrive(&mut browser).await);
    }
    let mut session = browser.request();
    for call in &calls {
        if model.current.refused && !matches!(call, Call::LogOut | Call::Invalidate) {
            continue;
        }
        let (actual, expected) = match call {
            Call::Commit(fault) => commit(&mut session, &mut model, &store, *fault).await,
            Call::RivalLogsIn(principal) => {
                log_in(&mut rivals.browser(), principal.clone())
                    .await
                    .unwrap();
                (Outcome::Success, model.apply(call))
            }
            _ => (make(&mut session, call, &model).await, model.apply(call)),
        };
        assert_eq!(actual, expected, "{call:?}");
        if !model.current.refused {
            let mut expected = model.current.content.clone();
            expected.flashes.clear();
            assert_eq!(content(&session).await, expected, "{call:?}");
        }
    }
    respond(&mut browser, session, &mut model, status).await;
    compare_with_what_is_left(&browser, &store, &model, status).await;
}

/// Gives the browser a session.
async fn arrive(browser: &mut TestBrowser) -> Content {
    let mut session = browser.request();
    session.insert("a", &9_u8).await.unwrap();
    session.client_mut().insert("b", &9_u8).unwrap();
    session.flash(FlashLevel::Info, "saved").await.unwrap();
    browser.respond(session).await.unwrap();
    Content {
        server: [("a", 9)].into(),
        client: [("b", 9)].into(),
        flashes: vec!["saved".to_owned()],
        principal: None,
    }
}

async fn make(session: &mut Session, call: &Call, model: &Model) -> Outcome {
    match call {
        Call::LogInKeeping(principal, keys) => {
            let log_in = session.log_in_keeping(principal.clone(), keys.clone());
            return outcome(&log_in.await);
        }
        Call::LogIn(principal) => return outcome(&session.log_in(principal.clone()).await),
        Call::Insert(key, value) => session.insert(*key, value).await.unwrap(),
        Call::Increment(key) => {
            let increment = |n: Option<u8>| n.unwrap_or(0) + 1;
            session.update(*key, increment).await.unwrap();
        }
        Call::Remove(key) => _ = session.remove(*key).await.unwrap(),
        Call::InsertClient(key, value) => session.client_mut().insert(*key, value).unwrap(),
        Call::RemoveClient(key) => _ = session.client_mut().remove(*key),
        Call::Flash(text) => session.flash(FlashLevel::Info, *text).await.unwrap(),
        Call::ReadFlashes => assert_eq!(flashes(session).await, model.unread_flashes()),
        Call::Renew => session.renew(),
        Call::LogOut => session.log_out(),
        Call::LogOutKeeping(keys) => session.log_out_keeping(keys.clone()).await.unwrap(),
        Call::Invalidate => session.invalidate(),
        Call::Commit(_) | Call::RivalLogsIn(_) => unreachable!("{call:?} is not made here"),
    }
    Outcome::Success
}

async fn commit(
    session: &mut Session,
    model: &mut Model,
    store: &FaultyStore,
    fault: Option<Fault>,
) -> (Outcome, Outcome) {
    store.arm(fault);
    let actual = outcome(&session.commit().await);
    let failed = store.disarm() && fault.is_some();
    (actual, model.commit(failed))
}

fn outcome<T>(result: &Result<T, SessionError>) -> Outcome {
    match result {
        Ok(_) => Outcome::Success,
        Err(SessionError::TooManySessions { .. }) => Outcome::Refused,
        Err(SessionError::Store(_)) => Outcome::StoreFailure,
        Err(other) => panic!("{other}"),
    }
}

async fn respond(browser: &mut TestBrowser, session: Session, model: &mut Model, status: u16) {
    let status_code = StatusCode::from_u16(status).unwrap();
    let response = browser.respond_with(status_code, session).await;
    let actual = outcome(&response);
    let expected = model.finalize(status, actual);
    assert_eq!(actual, expected, "the end of the request");
    if let Ok(response) = response {
        browser.receive(&response);
    }
}

async fn compare_with_what_is_left(
    browser: &TestBrowser,
    store: &FaultyStore,
    model: &Model,
    status: u16,
) {
    let exists = store.memory.len() > model.rivals();
    let mut next = browser.request();
    let mut actual = content(&next).await;
    actual.flashes = flashes(&mut next).await;
    if status != 500 {
        assert_eq!(actual, model.current.content, "the next request");
    }
    let (actual, stored) = (exists.then_some(actual), &model.current.stored);
    assert!(stored.contains(&actual), "{actual:?} of {stored:?}");
    if !model.current.refused {
        assert_eq!(browser.cookie().is_some(), exists, "a cookie for a session");
    }
    assert!(
        store.memory.len() <= model.rivals() + 1,
        "a session is left"
    );
}

/// Returns the content of the session, but for the flash messages, which a look at them changes.
async fn content(session: &Session) -> Content {
    let mut content = Content {
        principal: session.principal().await.unwrap(),
        ..Content::default()
    };
    for key in KEYS {
        let server = session.get(key).await.unwrap();
        content.server.extend(server.map(|value| (key, value)));
        let client = session.client().get(key).unwrap();
        content.client.extend(client.map(|value| (key, value)));
    }
    content
}

async fn flashes(session: &mut Session) -> Vec<String> {
    let flashes = session.flashes().await.unwrap();
    flashes.into_iter().map(|flash| flash.text).collect()
}
