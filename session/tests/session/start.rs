//! The first question to the store, when the server starts.

use session::store::{StoreError, StoreErrorKind};
use session::testing::TestApp;
use session::{CheckedSessionStore, SessionStore};

use crate::support::*;

async fn check(store: impl Into<SessionStore>) -> Result<CheckedSessionStore, StoreError> {
    let app = TestApp::new(store);
    CheckedSessionStore::new(&app.store, &app.policy).await
}

#[tokio::test]
async fn a_store_is_asked_once() {
    let spy = Spy::default();
    check(spy.clone()).await.unwrap();
    assert_eq!(spy.operations(), ["load"]);
}

#[tokio::test]
async fn a_server_whose_store_fails_does_not_start() {
    let spy = Spy::default();
    spy.behave(Behaviour::Down);
    let error = check(spy).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Unavailable);
}

#[tokio::test(start_paused = true)]
async fn a_server_whose_store_hangs_does_not_wait_for_ever() {
    let spy = Spy::default();
    spy.behave(Behaviour::Hanging);
    let error = check(spy).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Timeout);
}

#[tokio::test]
async fn without_a_store_nothing_is_asked() {
    check(SessionStore::cookie_only()).await.unwrap();
}
