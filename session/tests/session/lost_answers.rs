//! A commit whose answer was lost, although it took effect, and what the handler does afterwards.

use std::pin::pin;
use std::task::{Context, Waker};

use session::store::{Label, SessionStorageBackend};
use session::testing::{TestApp, TestBrowser};
use session::{LogIn, Session, StateKey};

use crate::support::*;

const CODE: StateKey<String> = StateKey::expiring("code", HOUR);

/// An application that renews secrets after an hour, and a browser whose secret is that old.
async fn with_renewal_due(spy: &Spy) -> (TestApp, TestBrowser) {
    let app = spy.app_with(|config| config.state.renew_every = Some(HOUR));
    let browser = browser_with_session(&app).await;
    app.clock.advance(HOUR);
    (app, browser)
}

/// Commits a change, the answer to which is lost.
async fn commit_without_answer(spy: &Spy, session: &mut Session) {
    session.insert("n", &1).await.unwrap();
    spy.behave(Behaviour::LosingAnswers);
    session.commit().await.unwrap_err();
    spy.behave(Behaviour::Normal);
}

async fn has_theme(browser: &TestBrowser) -> bool {
    browser.request().contains_key("theme").await.unwrap()
}

#[tokio::test]
async fn a_log_in_gives_no_access_to_those_who_have_collected_the_secret_before() {
    let spy = Spy::default();
    let (_app, mut browser) = with_renewal_due(&spy).await;
    let mut other = browser.clone();
    let mut session = browser.request();
    commit_without_answer(&spy, &mut session).await;
    let mut collecting = other.request();
    collecting.insert("m", &2).await.unwrap();
    other.respond(collecting).await.unwrap();
    session.log_in(alice()).await.unwrap();
    browser.respond(session).await.unwrap();
    let principal_of = async |browser: &TestBrowser| browser.request().principal().await.unwrap();
    assert_eq!(principal_of(&browser).await, Some(alice()));
    assert_eq!(principal_of(&other).await, None);
}

#[tokio::test]
async fn a_renewal_that_is_asked_for_afterwards_leaves_no_copy_for_the_old_secret() {
    let spy = Spy::default();
    let (_app, mut browser) = with_renewal_due(&spy).await;
    let old = browser.clone();
    let mut session = browser.request();
    commit_without_answer(&spy, &mut session).await;
    session.renew();
    browser.respond(session).await.unwrap();
    assert!(has_theme(&browser).await);
    assert!(!has_theme(&old).await);
}

#[tokio::test]
async fn a_log_in_with_an_earlier_proof_is_not_taken_for_the_write_before_it() {
    let spy = Spy::default();
    let app = spy.app();
    let mut browser = app.browser();
    log_in(&mut browser, alice()).await.unwrap();
    let old = browser.clone();
    let mut session = browser.request();
    let proof = session.authenticated_at().await.unwrap().unwrap();
    commit_without_answer(&spy, &mut session).await;
    let again = LogIn::new(alice()).with_authenticated_at(proof);
    session.log_in(again).await.unwrap();
    browser.respond(session).await.unwrap();
    assert_eq!(browser.request().principal().await.unwrap(), Some(alice()));
    assert_eq!(old.request().principal().await.unwrap(), None);
}

#[tokio::test]
async fn a_log_in_with_another_label_is_not_taken_for_the_write_before_it() {
    let spy = Spy::default();
    let mut browser = spy.app().browser();
    let mut session = browser.request();
    let proof = session::Clock::system().now();
    let log_in = |label| {
        let log_in = LogIn::new(alice()).with_authenticated_at(proof);
        log_in.with_label(Label::new(label))
    };
    session.log_in(log_in("a device")).await.unwrap();
    commit_without_answer(&spy, &mut session).await;
    session.log_in(log_in("Firefox on Linux")).await.unwrap();
    browser.respond(session).await.unwrap();
    let id = browser.request().id().unwrap();
    let record = spy.inner().load(id).await.unwrap().unwrap();
    assert_eq!(record.label, Some(Label::new("Firefox on Linux")));
}

/// A `take` that waits for the store when the handler drops it, and that never takes effect.
async fn dropped_take(spy: &Spy, session: &mut Session) {
    assert!(session.contains_key(CODE).await.unwrap());
    let _gate = spy.gate();
    let take = pin!(session.take(CODE));
    assert!(
        take.poll(&mut Context::from_waker(Waker::noop()))
            .is_pending()
    );
    spy.behave(Behaviour::Normal);
}

async fn browser_with_code(app: &TestApp) -> TestBrowser {
    let mut browser = app.browser();
    let mut session = browser.request();
    session.insert(CODE, "4711").await.unwrap();
    browser.respond(session).await.unwrap();
    browser
}

#[tokio::test]
async fn a_value_that_a_dropped_take_did_not_remove_stays() {
    let spy = Spy::default();
    let mut browser = browser_with_code(&spy.app()).await;
    let mut session = browser.request();
    dropped_take(&spy, &mut session).await;
    browser.respond(session).await.unwrap();
    let mut session = browser.request();
    dropped_take(&spy, &mut session).await;
    let taken = session.take(CODE).await.unwrap();
    assert_eq!(taken.as_deref(), Some("4711"));
}

#[tokio::test]
async fn a_dropped_take_does_not_spoil_other_changes() {
    let spy = Spy::default();
    let mut browser = browser_with_code(&spy.app()).await;
    let mut session = browser.request();
    dropped_take(&spy, &mut session).await;
    let taken = browser.request().take(CODE).await.unwrap();
    assert_eq!(taken.as_deref(), Some("4711"));
    session.insert("n", &1).await.unwrap();
    assert_eq!(browser.respond(session).await.unwrap().status(), 200);
    assert!(browser.request().contains_key("n").await.unwrap());
}
