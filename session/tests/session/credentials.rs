//! Credential stamps: a session whose credentials have changed ends at its next use.

use std::sync::{Arc, Mutex};

use pavex::http::StatusCode;
use session::store::{SessionStorageBackend, StoreError, StoreErrorKind};
use session::testing::{
    Answer, Intercepted, Interceptor, Operation, TestApp, TestBrowser, set_cookie,
};
use session::{LogIn, Principal, PrincipalError, Session, SessionError, SessionStore};
use session_memory::InMemorySessionStore;

use crate::support::*;

const OLD: &[u8] = b"the old password hash";
const NEW: &[u8] = b"the new password hash";

fn with_stamp(stamp: &[u8]) -> LogIn {
    LogIn::new(alice()).with_stamp(stamp)
}

/// Logs in with one request.
async fn log_in_with(browser: &mut TestBrowser, log_in: LogIn) {
    let mut session = browser.request();
    session.log_in(log_in).await.unwrap();
    browser.respond(session).await.unwrap();
}

async fn logged_in(app: &TestApp) -> TestBrowser {
    let mut browser = app.browser();
    log_in_with(&mut browser, with_stamp(OLD)).await;
    browser
}

async fn principal(session: &Session) -> Option<Principal> {
    session.principal().await.unwrap()
}

#[track_caller]
fn assert_mismatch(outcome: Result<(), SessionError>) {
    assert!(
        matches!(outcome, Err(SessionError::StampMismatch)),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn a_session_with_the_stamp_goes_on_without_another_operation() {
    let spy = Spy::default();
    let browser = logged_in(&spy.app()).await;
    spy.operations();
    let session = browser.request();
    session.verify_stamp(OLD).await.unwrap();
    session.verify_stamp(OLD).await.unwrap();
    assert_eq!(principal(&session).await, Some(alice()));
    assert_eq!(spy.operations(), ["load"]);
}

#[tokio::test]
async fn a_session_with_another_stamp_is_deleted_and_its_request_is_anonymous() {
    let spy = Spy::default();
    let app = spy.app();
    let mut browser = logged_in(&app).await;
    let copy = browser.clone();
    spy.operations();
    let mut session = browser.request();
    session.insert("theme", "dark").await.unwrap();
    assert_mismatch(session.verify_stamp(NEW).await);
    assert_eq!(spy.operations(), ["load", "delete"]);
    assert_eq!(spy.inner().len(), 0);

    assert_eq!(principal(&session).await, None);
    assert_eq!(session.id(), None);
    assert!(session.is_empty().await.unwrap(), "its changes are dropped");
    assert_mismatch(session.verify_stamp(OLD).await);
    browser.respond(session).await.unwrap();
    assert_eq!(spy.operations(), [""; 0]);
    assert!(browser.cookie().is_none(), "the dead cookie is removed");
    assert_mismatch(copy.request().verify_stamp(OLD).await);
}

#[tokio::test]
async fn a_session_without_a_stamp_ends_when_one_is_required() {
    let spy = Spy::default();
    let mut browser = spy.app().browser();
    log_in(&mut browser, alice()).await.unwrap();
    for stamp in [OLD, b""] {
        assert_mismatch(browser.request().verify_stamp(stamp).await);
        assert_eq!(spy.inner().len(), 0);
    }
}

#[tokio::test]
async fn an_empty_stamp_differs_from_no_stamp() {
    let mut browser = Spy::default().app().browser();
    log_in_with(&mut browser, with_stamp(b"")).await;
    browser.request().verify_stamp(b"").await.unwrap();
}

#[tokio::test]
async fn a_visitor_who_is_not_logged_in_keeps_the_session_and_has_no_stamp() {
    let app = Spy::default().app();
    let browser = browser_with_session(&app).await;
    let session = browser.request();
    assert_mismatch(session.verify_stamp(OLD).await);
    assert!(session.contains_key("theme").await.unwrap());
    assert_mismatch(app.browser().request().verify_stamp(OLD).await);
}

#[tokio::test]
async fn a_store_that_fails_is_an_error_and_never_a_matching_stamp() {
    let spy = Spy::default();
    let browser = logged_in(&spy.app()).await;
    spy.behave(Behaviour::Down);
    let session = browser.request();
    for stamp in [OLD, NEW] {
        let outcome = session.verify_stamp(stamp).await;
        assert!(
            matches!(outcome, Err(SessionError::Store(_))),
            "{outcome:?}"
        );
    }
    spy.behave(Behaviour::Normal);
    session.verify_stamp(OLD).await.unwrap();
    spy.behave(Behaviour::Down);
    let outcome = session.verify_stamp(NEW).await;
    assert!(
        matches!(outcome, Err(SessionError::Store(_))),
        "{outcome:?}"
    );
    spy.behave(Behaviour::Normal);
    assert_mismatch(session.verify_stamp(NEW).await);
}

#[tokio::test]
async fn writes_renewals_and_extensions_keep_the_stamp() {
    let app = Spy::default().app_with(|config| config.state.renew_every = Some(HOUR));
    let mut browser = logged_in(&app).await;
    for step in 0..6 {
        let mut session = browser.request();
        session.verify_stamp(OLD).await.unwrap();
        match step % 3 {
            0 => session.insert("step", &step).await.unwrap(),
            1 => session.renew(),
            _ => app.clock.advance(2 * HOUR),
        }
        browser.respond(session).await.unwrap();
    }
    assert_mismatch(browser.request().verify_stamp(NEW).await);
}

#[tokio::test]
async fn changes_that_are_repeated_after_a_conflict_keep_the_stamp() {
    let mut browser = logged_in(&Spy::default().app()).await;
    let mut other = browser.clone();
    let mut session = browser.request();
    session.insert("a", &1).await.unwrap();
    let mut first = other.request();
    first.insert("b", &2).await.unwrap();
    other.respond(first).await.unwrap();
    browser.respond(session).await.unwrap();
    let session = browser.request();
    session.verify_stamp(OLD).await.unwrap();
    assert!(session.contains_key("a").await.unwrap());
    assert!(session.contains_key("b").await.unwrap());
}

#[tokio::test]
async fn a_second_log_in_replaces_the_stamp_and_one_without_removes_it() {
    let mut browser = logged_in(&Spy::default().app()).await;
    log_in_with(&mut browser, with_stamp(NEW)).await;
    let session = browser.request();
    session.verify_stamp(NEW).await.unwrap();
    log_in(&mut browser, alice()).await.unwrap();
    assert_mismatch(browser.request().verify_stamp(NEW).await);
}

#[tokio::test]
async fn two_sessions_with_one_stamp_have_different_hashes_in_the_store() {
    let spy = Spy::default();
    let app = spy.app();
    let mut hashes = Vec::new();
    for _ in 0..2 {
        let id = logged_in(&app).await.request().id().unwrap();
        let backend = app.store.backend().unwrap();
        let record = backend.load(id).await.unwrap().unwrap();
        hashes.push(record.stamp.unwrap());
    }
    assert_ne!(hashes[0], hashes[1]);
}

#[tokio::test]
async fn a_log_in_that_is_not_committed_is_compared_and_dropped_at_a_mismatch() {
    let spy = Spy::default();
    let app = spy.app();
    let mut browser = app.browser();
    let mut session = browser.request();
    session.log_in(with_stamp(OLD)).await.unwrap();
    session.verify_stamp(OLD).await.unwrap();
    assert_mismatch(session.verify_stamp(NEW).await);
    assert_eq!(principal(&session).await, None);
    browser.respond(session).await.unwrap();
    assert_eq!(spy.inner().len(), 0);
    assert!(browser.cookie().is_none());

    let mut browser = logged_in(&app).await;
    let mut session = browser.request();
    session.log_in(with_stamp(NEW)).await.unwrap();
    session.verify_stamp(NEW).await.unwrap();
    assert_mismatch(session.verify_stamp(OLD).await);
    browser.respond(session).await.unwrap();
    assert_eq!(spy.inner().len(), 0);
}

#[tokio::test]
async fn a_mismatch_drops_what_was_written_for_the_log_in_and_leaves_the_visitor_the_session() {
    let app = Spy::default().app();
    for goes_on in [false, true] {
        let mut browser = browser_with_session(&app).await;
        let visitor = browser.request().id();
        let mut session = browser.request();
        session.log_in(with_stamp(OLD)).await.unwrap();
        session.insert("email", "alice@example.com").await.unwrap();
        session.client_mut().insert("name", "Alice").unwrap();
        assert_mismatch(session.verify_stamp(NEW).await);
        assert!(session.client().is_empty());
        if goes_on {
            session.insert("notice", "log in again").await.unwrap();
            session.client_mut().insert("language", "en").unwrap();
            assert_mismatch(session.verify_stamp(NEW).await);
        }
        browser.respond(session).await.unwrap();
        let session = browser.request();
        assert_eq!(session.id(), visitor);
        assert_eq!(principal(&session).await, None);
        assert!(!session.contains_key("email").await.unwrap());
        // The log-in would have removed it.
        assert!(session.contains_key("theme").await.unwrap());
        assert_eq!(session.contains_key("notice").await.unwrap(), goes_on);
        assert_eq!(session.client().contains_key("language"), goes_on);
        assert!(!session.client().contains_key("name"));
    }
}

#[tokio::test]
async fn a_mismatch_does_not_end_the_session_of_a_visitor_after_a_lost_answer() {
    let spy = Spy::default();
    let mut browser = browser_with_session(&spy.app()).await;
    let mut session = browser.request();
    session.insert("n", &1).await.unwrap();
    spy.behave(Behaviour::LosingAnswers);
    session.commit().await.unwrap_err();
    spy.behave(Behaviour::Normal);
    assert_mismatch(session.verify_stamp(NEW).await);
    browser.respond(session).await.unwrap();
    let session = browser.request();
    assert!(session.contains_key("theme").await.unwrap());
    assert!(session.contains_key("n").await.unwrap());
}

#[tokio::test]
async fn a_mismatch_changes_nothing_if_nobody_is_logged_in() {
    let app = Spy::default().app();
    for mut browser in [app.browser(), browser_with_session(&app).await] {
        let mut session = browser.request();
        session.insert("visits", &1).await.unwrap();
        assert_mismatch(session.verify_stamp(NEW).await);
        browser.respond(session).await.unwrap();
        assert!(browser.request().contains_key("visits").await.unwrap());
    }
    let mut browser = logged_in(&app).await;
    let mut session = browser.request();
    assert_mismatch(session.verify_stamp(NEW).await);
    session.insert("notice", "log in again").await.unwrap();
    assert_mismatch(session.verify_stamp(NEW).await);
    browser.respond(session).await.unwrap();
    assert!(browser.request().contains_key("notice").await.unwrap());
}

#[tokio::test]
async fn a_log_in_whose_answer_was_lost_ends_at_a_mismatch_too() {
    let spy = Spy::default();
    let mut browser = spy.app().browser();
    let mut session = browser.request();
    session.log_in(with_stamp(OLD)).await.unwrap();
    spy.behave(Behaviour::LosingAnswers);
    session.commit().await.unwrap_err();
    spy.behave(Behaviour::Normal);
    assert_eq!(spy.inner().len(), 1);
    assert_mismatch(session.verify_stamp(NEW).await);
    assert_eq!(spy.inner().len(), 0);
    browser.respond(session).await.unwrap();
    assert_eq!(spy.inner().len(), 0);
}

#[tokio::test]
async fn a_second_log_in_with_another_stamp_is_written_after_a_lost_answer() {
    let spy = Spy::default();
    let mut browser = spy.app().browser();
    let mut session = browser.request();
    session.log_in(with_stamp(OLD)).await.unwrap();
    spy.behave(Behaviour::LosingAnswers);
    session.commit().await.unwrap_err();
    spy.behave(Behaviour::Normal);
    session.log_in(with_stamp(NEW)).await.unwrap();
    browser.respond(session).await.unwrap();
    browser.request().verify_stamp(NEW).await.unwrap();
}

#[tokio::test]
async fn a_slow_request_does_not_end_the_session_that_logged_in_again_meanwhile() {
    let mut browser = logged_in(&Spy::default().app()).await;
    let mut slow_browser = browser.clone();
    let mut slow = slow_browser.request();
    slow.insert("a", &1).await.unwrap();
    log_in_with(&mut browser, with_stamp(NEW)).await;

    assert_mismatch(slow.verify_stamp(NEW).await);
    assert_eq!(principal(&slow).await, None);
    slow_browser.respond(slow).await.unwrap();
    let session = browser.request();
    session.verify_stamp(NEW).await.unwrap();
    assert!(!session.contains_key("a").await.unwrap());
}

/// Commits a log-in of the same browser just before each deletion reaches the store.
#[derive(Debug, Clone, Default)]
struct LogInBeforeDeletion(Arc<Mutex<Option<(TestApp, TestBrowser)>>>);

#[async_trait::async_trait]
impl Interceptor for LogInBeforeDeletion {
    async fn intercept(
        &self,
        operation: Operation<'_>,
        store: &dyn SessionStorageBackend,
    ) -> Result<Answer, StoreError> {
        let other = match operation {
            Operation::Delete(..) => self.0.lock().unwrap().take(),
            _ => None,
        };
        if let Some((_app, mut browser)) = other {
            log_in_with(&mut browser, with_stamp(NEW)).await;
            *self.0.lock().unwrap() = Some((_app, browser));
        }
        operation.run(store).await
    }
}

#[tokio::test]
async fn a_log_in_that_is_committed_just_before_the_deletion_survives_a_mismatch() {
    let rival = LogInBeforeDeletion::default();
    let memory = Arc::new(InMemorySessionStore::new());
    let app = TestApp::new(SessionStore::new(Intercepted::new(memory, rival.clone())));
    let browser = logged_in(&app).await;
    *rival.0.lock().unwrap() = Some((app.clone(), browser.clone()));

    let session = browser.request();
    assert_mismatch(session.verify_stamp(NEW).await);
    assert_eq!(principal(&session).await, None);
    let (_app, after_log_in) = rival.0.lock().unwrap().take().unwrap();
    after_log_in.request().verify_stamp(NEW).await.unwrap();
}

#[tokio::test]
async fn a_request_goes_on_with_a_new_session_after_a_mismatch() {
    let app = Spy::default().app();
    let mut browser = logged_in(&app).await;
    let mut session = browser.request();
    assert_mismatch(session.verify_stamp(NEW).await);
    session.insert("notice", "log in again").await.unwrap();
    browser.respond(session).await.unwrap();
    let session = browser.request();
    assert_eq!(principal(&session).await, None);
    assert!(session.contains_key("notice").await.unwrap());

    let mut browser = logged_in(&app).await;
    let mut session = browser.request();
    assert_mismatch(session.verify_stamp(NEW).await);
    session.log_in(with_stamp(NEW)).await.unwrap();
    browser.respond(session).await.unwrap();
    browser.request().verify_stamp(NEW).await.unwrap();
}

#[tokio::test]
async fn a_mismatch_has_the_response_of_a_visitor_who_is_not_logged_in() {
    let head = head_with("");
    for path in [None, Some("/login")] {
        let app = Spy::default().app_with(|config| config.log_in.path = path.map(Into::into));
        let answer = |error: PrincipalError| error.into_response(&head, &app.policy);
        let mismatch = answer(SessionError::StampMismatch.into());
        let visitor = answer(PrincipalError::NotLoggedIn);
        assert_eq!(mismatch.status(), visitor.status());
        assert_eq!(mismatch.headers(), visitor.headers());
    }
    let error = SessionError::StampMismatch;
    assert_eq!(error.into_response().status().as_u16(), 401);
}

#[test]
fn the_debug_form_of_a_log_in_does_not_show_the_stamp() {
    let printed = format!("{:?}", LogIn::new(alice()).with_stamp(b"secret"));
    assert!(printed.contains("Stamp(***)"), "{printed}");
}

#[tokio::test]
async fn a_log_in_after_a_dropped_one_survives_a_lost_answer() {
    let spy = Spy::default();
    let mut browser = spy.app().browser();
    let mut session = browser.request();
    session.log_in(with_stamp(OLD)).await.unwrap();
    assert_mismatch(session.verify_stamp(NEW).await);
    session.log_in(with_stamp(NEW)).await.unwrap();
    session.insert("n", &1).await.unwrap();
    spy.behave(Behaviour::LosingAnswers);
    session.commit().await.unwrap_err();
    spy.behave(Behaviour::Normal);
    browser.respond(session).await.unwrap();
    assert_eq!(spy.inner().len(), 1);
    let session = browser.request();
    session.verify_stamp(NEW).await.unwrap();
    assert!(session.contains_key("n").await.unwrap());
}

#[tokio::test]
async fn a_dropped_log_in_leaves_the_session_that_it_joined_even_if_the_store_fails() {
    for commits in [false, true] {
        let spy = Spy::default();
        let app = spy.app();
        let before = browser_with_session(&app).await;
        log_in_with(&mut before.clone(), with_stamp(OLD)).await;
        let mut session = before.request();
        session.log_in(with_stamp(OLD)).await.unwrap();
        assert_eq!(principal(&session).await, Some(alice()));
        spy.behave(Behaviour::Down);
        if commits {
            session.commit().await.unwrap_err();
        }
        session.verify_stamp(NEW).await.unwrap_err();
        spy.behave(Behaviour::Normal);
        assert_eq!(principal(&session).await, None);
        session.insert("n", &1).await.unwrap();
        let mut browser = before.clone();
        browser.respond(session).await.unwrap();
        assert_eq!(browser.request().principal().await.unwrap(), None);
    }
}

/// The log-in has joined another one at its commit, which failed.
#[tokio::test]
async fn a_dropped_log_in_sees_nothing_of_the_session_in_which_a_change_was_refused() {
    let app = Spy::default().app();
    let before = browser_with_session(&app).await;
    let mut session = before.request();
    session.log_in(with_stamp(OLD)).await.unwrap();
    let once = |value: Option<u32>| match value {
        Some(_) => Err("it is there already"),
        None => Ok(Some(1)),
    };
    assert!(session.try_update("n", once).await.unwrap().is_ok());
    let mut other = before.clone();
    let mut first = other.request();
    first.log_in(with_stamp(OLD)).await.unwrap();
    first.insert("n", &7).await.unwrap();
    other.respond(first).await.unwrap();
    assert!(matches!(
        session.commit().await,
        Err(SessionError::UpdateRefused { .. })
    ));
    assert_eq!(session.get::<u32>("n").await.unwrap(), Some(7));
    assert_mismatch(session.verify_stamp(NEW).await);
    assert_eq!(session.get::<u32>("n").await.unwrap(), None);
}

/// Fails the next load, once told to.
#[derive(Debug, Clone, Default)]
struct LoadFails(Arc<Mutex<bool>>);

#[async_trait::async_trait]
impl Interceptor for LoadFails {
    async fn intercept(
        &self,
        operation: Operation<'_>,
        store: &dyn SessionStorageBackend,
    ) -> Result<Answer, StoreError> {
        let loads = matches!(operation, Operation::Load(_));
        if loads && std::mem::take(&mut *self.0.lock().unwrap()) {
            let cause = std::io::Error::from(std::io::ErrorKind::TimedOut);
            return Err(StoreError::new(StoreErrorKind::Timeout, cause));
        }
        operation.run(store).await
    }
}

/// The store has lost an answer, and fails twice more while the request ends.
#[tokio::test]
async fn a_failed_response_carries_no_cookie_of_a_log_in_that_was_dropped() {
    let (spy, load) = (Spy::default(), LoadFails::default());
    let records = Arc::new(Intercepted::new(Arc::new(spy.inner().clone()), spy.clone()));
    let app = TestApp::new(SessionStore::new(Intercepted::new(records, load.clone())));
    let browser = browser_with_session(&app).await;
    let mut session = browser.request();
    session.renew();
    session.commit().await.unwrap();
    session.log_in(with_stamp(OLD)).await.unwrap();
    spy.behave(Behaviour::LosingAnswers);
    session.commit().await.unwrap_err();
    spy.behave(Behaviour::Down);
    session.verify_stamp(NEW).await.unwrap_err();
    spy.behave(Behaviour::Normal);
    *load.0.lock().unwrap() = true;
    let status = StatusCode::INTERNAL_SERVER_ERROR;
    let response = browser.respond_with(status, session).await.unwrap();
    assert!(!*load.0.lock().unwrap());
    assert_eq!(set_cookie(&response), None);
    assert_eq!(browser.request().principal().await.unwrap(), None);
}
