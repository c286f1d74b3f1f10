//! A write that the store reports as failed, and that takes effect later.

use std::sync::{Arc, Mutex};

use session::store::{
    ReplaceOutcome, Revision, SessionRecord, SessionStorageBackend, StoreError, StoreErrorKind,
};
use session::testing::{Answer, Intercepted, Interceptor, Operation, TestApp};
use session::{LogIn, Session, SessionConfig, SessionStore};
use session_memory::InMemorySessionStore;

use crate::support::*;

type Waiting = Option<(Arc<SessionRecord>, Revision)>;

/// A store whose next replacement is late: it takes effect just before the one after it.
#[derive(Clone, Debug, Default)]
struct Late {
    is_next: Arc<Mutex<bool>>,
    waiting: Arc<Mutex<Waiting>>,
}

#[async_trait::async_trait]
impl Interceptor for Late {
    async fn intercept(
        &self,
        operation: Operation<'_>,
        store: &dyn SessionStorageBackend,
    ) -> Result<Answer, StoreError> {
        let Operation::Replace(record, expected) = operation else {
            return operation.run(store).await;
        };
        if std::mem::take(&mut *self.is_next.lock().unwrap()) {
            *self.waiting.lock().unwrap() = Some((record.clone(), expected));
            let cause = std::io::Error::from(std::io::ErrorKind::TimedOut);
            return Err(StoreError::new(StoreErrorKind::Timeout, cause));
        }
        let late = self.waiting.lock().unwrap().take();
        if let Some((record, expected)) = late {
            _ = store.replace(&record, expected).await?;
        }
        operation.run(store).await
    }
}

/// Runs two commits of one request, the first of which is late. Returns the browser afterwards.
async fn commit_twice(change: impl AsyncFnOnce(&mut Session)) -> session::testing::TestBrowser {
    let late = Late::default();
    let memory = Arc::new(InMemorySessionStore::new());
    let store = SessionStore::new(Intercepted::new(memory, late.clone()));
    let mut config = SessionConfig::default();
    config.state.renew_every = Some(HOUR);
    let app = TestApp::with_config(store, &config).unwrap();
    let mut browser = browser_with_session(&app).await;
    app.clock.advance(HOUR);
    let mut session = browser.request();
    change(&mut session).await;
    *late.is_next.lock().unwrap() = true;
    assert!(session.commit().await.is_err());
    browser.respond(session).await.unwrap();
    assert!(late.waiting.lock().unwrap().is_none());
    app.clock.advance(MINUTE);
    browser
}

#[tokio::test]
async fn a_renewal_on_a_timer_that_takes_effect_late_logs_nobody_out() {
    let browser = commit_twice(async |session| session.insert("n", &1).await.unwrap()).await;
    let session = browser.request();
    assert_eq!(session.get::<u32>("n").await.unwrap(), Some(1));
    assert!(session.contains_key("theme").await.unwrap());
}

#[tokio::test]
async fn a_log_in_that_takes_effect_late_is_taken_for_what_it_is() {
    let log_in = async |session: &mut Session| {
        session.log_in_keeping(alice(), ["theme"]).await.unwrap();
    };
    let browser = commit_twice(log_in).await;
    let session = browser.request();
    assert_eq!(session.principal().await.unwrap(), Some(alice()));
    assert!(session.contains_key("theme").await.unwrap());
}

#[tokio::test]
async fn a_renewal_that_takes_effect_late_logs_nobody_out() {
    let browser = commit_twice(async |session| session.renew()).await;
    assert!(browser.request().contains_key("theme").await.unwrap());
}

async fn count(session: &mut Session) {
    let increment = |n: Option<u32>| n.unwrap_or(0) + 1;
    session.update("n", increment).await.unwrap();
}

#[tokio::test]
async fn an_update_that_takes_effect_late_is_applied_once() {
    let browser = commit_twice(count).await;
    assert_eq!(browser.request().get::<u32>("n").await.unwrap(), Some(1));
}

#[tokio::test]
async fn a_write_takes_no_effect_after_it_was_looked_up() {
    let late = Late::default();
    let memory = Arc::new(InMemorySessionStore::new());
    let store = SessionStore::new(Intercepted::new(memory.clone(), late.clone()));
    let app = TestApp::new(store);
    let mut browser = browser_with_session(&app).await;
    let mut session = browser.request();
    count(&mut session).await;
    *late.is_next.lock().unwrap() = true;
    session.commit().await.unwrap_err();
    let (record, expected) = late.waiting.lock().unwrap().take().unwrap();
    // It looks the write up, and makes a change of its own.
    count(&mut session).await;
    let outcome = memory.replace(&record, expected).await.unwrap();
    assert_eq!(outcome, ReplaceOutcome::Conflict);
    browser.respond(session).await.unwrap();
    assert_eq!(browser.request().get::<u32>("n").await.unwrap(), Some(2));
}

#[tokio::test]
async fn a_log_in_that_was_dropped_by_its_stamp_ends_if_it_takes_effect_late() {
    let late = Late::default();
    let memory = Arc::new(InMemorySessionStore::new());
    let store = SessionStore::new(Intercepted::new(memory.clone(), late.clone()));
    let app = TestApp::new(store);
    let mut browser = browser_with_session(&app).await;
    let mut session = browser.request();
    let log_in = LogIn::new(alice()).with_stamp(b"old");
    session.log_in(log_in).await.unwrap();
    *late.is_next.lock().unwrap() = true;
    session.commit().await.unwrap_err();
    session.verify_stamp(b"new").await.unwrap_err();
    let (record, expected) = late.waiting.lock().unwrap().take().unwrap();
    _ = memory.replace(&record, expected).await.unwrap();
    browser.respond(session).await.unwrap();
    assert_eq!(browser.request().principal().await.unwrap(), None);
    assert!(memory.is_empty());
}

/// The secret of before counts for a short time, which passes while the store does not answer.
#[tokio::test]
async fn a_commit_after_a_write_without_effect_goes_on_with_the_secret_that_was_judged_before() {
    let spy = Spy::default();
    let app = spy.app_with(|config| config.state.renew_every = Some(HOUR));
    let mut browser = browser_with_session(&app).await;
    let previous = browser.clone();
    app.clock.advance(HOUR);
    let session = browser.request();
    session.force_load().await.unwrap();
    browser.respond(session).await.unwrap();
    assert_ne!(browser.cookie(), previous.cookie());

    let mut session = previous.request();
    session.insert("n", &1).await.unwrap();
    spy.behave(Behaviour::Down);
    session.commit().await.unwrap_err();
    spy.behave(Behaviour::Normal);
    app.clock.advance(MINUTE);
    spy.operations();
    let mut browser = previous.clone();
    browser.respond(session).await.unwrap();
    assert_eq!(spy.operations(), ["load", "replace", "replace"]);
    assert_eq!(browser.request().get("n").await.unwrap(), Some(1));
}
