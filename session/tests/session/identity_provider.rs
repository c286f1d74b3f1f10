//! Log-outs that come from an identity provider.

use session::store::{OriginHash, SessionRecord, SessionStorageBackend};
use session::testing::{TestApp, TestBrowser};
use session::{LogIn, Principal, SessionError, SessionRegistry};

use crate::support::*;

const ISSUER: &str = "https://id.example";

fn from_provider(sid: &str) -> LogIn {
    LogIn::new(alice()).with_origin(ISSUER, sid)
}

fn registry(app: &TestApp) -> SessionRegistry {
    SessionRegistry::new(&app.store, &app.policy)
}

/// Logs in with one request.
async fn logged_in(browser: &mut TestBrowser, log_in: impl Into<LogIn>) {
    let mut session = browser.request();
    session.log_in(log_in).await.unwrap();
    browser.respond(session).await.unwrap();
}

async fn revoke(app: &TestApp, sid: &str) -> u64 {
    registry(app).revoke_origin(ISSUER, sid).await.unwrap()
}

async fn stored(spy: &Spy, browser: &TestBrowser) -> SessionRecord {
    let id = browser.request().id().unwrap();
    let record = spy.inner().load(id).await.unwrap().unwrap();
    (*record).clone()
}

#[tokio::test]
async fn a_log_out_at_the_provider_ends_what_its_session_began_and_nothing_else() {
    let app = Spy::default().app();
    let mut browsers = [(); 5].map(|()| app.browser());
    let of_bob = LogIn::new(bob()).with_origin(ISSUER, "1");
    let log_ins = [
        from_provider("1"),
        of_bob,
        from_provider("2"),
        LogIn::new(alice()).with_origin("https://other.example", "1"),
        LogIn::new(alice()),
    ];
    for (browser, log_in) in browsers.iter_mut().zip(log_ins) {
        logged_in(browser, log_in).await;
    }
    assert_eq!(revoke(&app, "1").await, 2);
    let mut owners = Vec::new();
    for browser in &browsers {
        owners.push(principal(browser).await);
    }
    let alice = || Some(alice());
    assert_eq!(owners, [None, None, alice(), alice(), alice()]);
    assert_eq!(revoke(&app, "1").await, 0);
}

#[tokio::test]
async fn the_store_keeps_a_hash_of_the_origin_alone() {
    let spy = Spy::default();
    let mut browser = spy.app().browser();
    logged_in(&mut browser, from_provider("08a5019c")).await;
    let record = stored(&spy, &browser).await;
    assert_eq!(record.origin, Some(OriginHash::new(ISSUER, "08a5019c")));
    let shown = format!("{record:?} {:?}", from_provider("08a5019c"));
    assert!(!shown.contains("08a5019c") && !shown.contains("id.example"));
}

#[tokio::test]
async fn an_origin_costs_no_operation_and_its_end_costs_one() {
    let spy = Spy::default();
    let app = spy.app();
    let mut browser = app.browser();
    logged_in(&mut browser, from_provider("1")).await;
    assert_eq!(spy.operations(), ["create"]);
    let mut session = browser.request();
    session.insert("theme", "dark").await.unwrap();
    browser.respond(session).await.unwrap();
    assert_eq!(spy.operations(), ["load", "replace"]);
    assert_eq!(revoke(&app, "1").await, 1);
    assert_eq!(spy.operations(), ["delete_all_of_origin"]);
}

#[tokio::test]
async fn an_origin_lasts_through_changes_renewals_and_extensions() {
    let app = Spy::default().app();
    let mut browser = browser_with_session(&app).await;
    logged_in(&mut browser, from_provider("1")).await;
    for step in 0..4 {
        app.clock.advance(12 * HOUR);
        let mut session = browser.request();
        match step {
            0 => session.insert("theme", "light").await.unwrap(),
            1 => session.renew(),
            2 => session.force_load().await.unwrap(),
            _ => session.clear().await.unwrap(),
        }
        browser.respond(session).await.unwrap();
    }
    assert_eq!(principal(&browser).await, Some(alice()));
    assert_eq!(revoke(&app, "1").await, 1);
    assert_eq!(principal(&browser).await, None);
}

/// A member who confirms an action by a password is still logged in by the provider.
#[tokio::test]
async fn a_later_log_in_keeps_the_origin_unless_it_names_another() {
    let app = Spy::default().app();
    let mut browser = app.browser();
    logged_in(&mut browser, from_provider("1")).await;
    logged_in(&mut browser, alice()).await;
    assert_eq!(revoke(&app, "1").await, 1);

    logged_in(&mut browser, alice()).await;
    logged_in(&mut browser, from_provider("2")).await;
    logged_in(&mut browser, from_provider("3")).await;
    assert_eq!(revoke(&app, "2").await, 0);
    assert_eq!(revoke(&app, "3").await, 1);
}

#[tokio::test]
async fn two_log_ins_of_one_request_leave_the_origin_that_the_last_one_named() {
    for (second, sid) in [(LogIn::new(alice()), "1"), (from_provider("2"), "2")] {
        let app = Spy::default().app();
        let mut browser = app.browser();
        let mut session = browser.request();
        session.log_in(from_provider("1")).await.unwrap();
        session.log_in(second).await.unwrap();
        browser.respond(session).await.unwrap();
        assert_eq!(revoke(&app, sid).await, 1);
    }
}

#[tokio::test]
async fn no_origin_passes_to_another_principal_or_to_a_later_session() {
    let spy = Spy::default();
    let app = spy.app();
    let mut browser = app.browser();
    logged_in(&mut browser, from_provider("1")).await;
    logged_in(&mut browser, bob()).await;
    assert_eq!(stored(&spy, &browser).await.origin, None);

    logged_in(&mut browser, from_provider("1")).await;
    let mut session = browser.request();
    session.log_out();
    session.log_in(alice()).await.unwrap();
    browser.respond(session).await.unwrap();
    assert_eq!(stored(&spy, &browser).await.origin, None);
    assert_eq!(revoke(&app, "1").await, 0);
}

#[tokio::test]
async fn parallel_log_ins_share_the_origin_that_the_last_one_named() {
    for (log_ins, sid) in [
        ([from_provider("1"), LogIn::new(alice())], "1"),
        ([LogIn::new(alice()), from_provider("1")], "1"),
        ([from_provider("1"), from_provider("2")], "2"),
    ] {
        let spy = Spy::default();
        let app = spy.app();
        let mut browser = browser_with_session(&app).await;
        let mut sessions = [browser.request(), browser.request()];
        for (session, log_in) in sessions.iter_mut().zip(log_ins) {
            session.log_in(log_in).await.unwrap();
        }
        for session in sessions {
            browser.respond(session).await.unwrap();
        }
        assert_eq!(spy.inner().len(), 1);
        assert_eq!(revoke(&app, sid).await, 1);
    }
}

/// A log-in with the same time and principal has taken effect, and its answer was lost.
#[tokio::test]
async fn a_log_in_with_an_origin_is_not_taken_for_one_without() {
    let spy = Spy::default();
    let app = spy.app();
    let mut browser = browser_with_session(&app).await;
    let mut session = browser.request();
    session.log_in(alice()).await.unwrap();
    spy.behave(Behaviour::LosingAnswers);
    let outcome = session.commit().await;
    assert!(
        matches!(outcome, Err(SessionError::Store(_))),
        "{outcome:?}"
    );
    spy.behave(Behaviour::Normal);
    session.log_in(from_provider("1")).await.unwrap();
    browser.respond(session).await.unwrap();
    assert_eq!(principal(&browser).await, Some(alice()));
    assert_eq!(revoke(&app, "1").await, 1);
}

/// A logout token without a `sid` names the user alone.
#[tokio::test]
async fn a_log_out_of_the_subject_is_that_of_its_principal() {
    let app = Spy::default().app();
    let subject = Principal::new("248289761001").unwrap();
    let mut browsers = [app.browser(), app.browser()];
    for (browser, sid) in browsers.iter_mut().zip(["1", "2"]) {
        let log_in = LogIn::new(subject.clone()).with_origin(ISSUER, sid);
        logged_in(browser, log_in).await;
    }
    assert_eq!(registry(&app).revoke_all(&subject).await.unwrap(), 2);
    assert_eq!(revoke(&app, "1").await + revoke(&app, "2").await, 0);
}

#[tokio::test]
async fn an_outage_is_an_error_of_the_log_out() {
    let spy = Spy::default();
    let app = spy.app();
    spy.behave(Behaviour::Down);
    let outcome = registry(&app).revoke_origin(ISSUER, "1").await;
    assert!(matches!(outcome, Err(SessionError::Store(_))));
}
