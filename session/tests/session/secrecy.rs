//! Nothing secret in logs, `Debug` forms and errors (invariant I6); and what the logs do say.

use std::io::Write;
use std::sync::{Arc, Mutex};

use session::testing::TestBrowser;
use tracing_subscriber::fmt::MakeWriter;

use crate::support::*;

#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl Captured {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    fn subscribe(&self) -> tracing::subscriber::DefaultGuard {
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_writer(self.clone())
            .with_ansi(false)
            .finish();
        listen(subscriber)
    }
}

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Captured {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

fn cookie_value(browser: &TestBrowser) -> String {
    browser
        .cookie()
        .unwrap()
        .split_once('=')
        .unwrap()
        .1
        .to_owned()
}

#[tokio::test]
async fn a_whole_life_shows_the_public_id_and_nothing_secret() {
    let captured = Captured::default();
    let guard = captured.subscribe();
    let spy = Spy::default();
    let app = spy.app();
    let mut browser = app.browser();
    let mut shown = String::new();
    let mut secrets = vec!["top-secret".to_owned(), "client-secret".to_owned()];

    let mut session = browser.request();
    session.insert("card", "top-secret").await.unwrap();
    session
        .client_mut()
        .insert("note", "client-secret")
        .unwrap();
    shown += &format!("{session:?} {:?} {:?}", session.client(), app.policy);
    browser.respond(session).await.unwrap();
    secrets.push(cookie_value(&browser));
    let old = browser.clone();

    let mut session = browser.request();
    let id = session.id().unwrap();
    shown += &session.get::<u32>("card").await.unwrap_err().to_string();
    shown += &format!("{:?}", session.client().get::<u32>("note").unwrap_err());
    session.renew();
    browser.respond(session).await.unwrap();
    secrets.push(cookie_value(&browser));
    let mut session = browser.request();
    let member = session::Principal::new("alice@example.com").unwrap();
    session.log_in(member).await.unwrap();
    session
        .flash(session::FlashLevel::Info, "flash-secret")
        .await
        .unwrap();
    shown += &format!("{:?} {session:?}", session.flashes().await.unwrap());
    browser.respond(session).await.unwrap();
    secrets.push(cookie_value(&browser));
    secrets.push("flash-secret".into());
    // No secret, but nobody's business either.
    secrets.push("alice@example.com".into());
    old.request().force_load().await.unwrap();
    app.clock.advance(2 * MINUTE);
    old.request().force_load().await.unwrap();
    let mut garbage = browser.clone();
    garbage.set_cookie(Some("__Host-id=forged-cookie".into()));
    garbage.request().force_load().await.unwrap();
    secrets.push("forged-cookie".into());
    spy.behave(Behaviour::Down);
    shown += &format!("{:?}", browser.request().force_load().await.unwrap_err());
    spy.behave(Behaviour::Normal);
    let mut record = app
        .store
        .backend()
        .unwrap()
        .load(id)
        .await
        .unwrap()
        .unwrap();
    std::sync::Arc::make_mut(&mut record).principal = None;
    shown += &format!("{record:?}");
    let mut session = browser.request();
    session.invalidate();
    browser.respond(session).await.unwrap();
    drop(guard);

    let log = captured.text();
    for event in [
        "session created",
        "session loaded",
        "session renewed",
        "session logged in",
        "session token was replaced",
        "session token reuse",
        "session cookie ignored",
        "session store failed",
        "session invalidated",
    ] {
        assert!(log.contains(event), "{event}: {log}");
    }
    assert!(log.contains(&id.to_string()));
    for secret in secrets {
        assert!(!log.contains(&secret), "{secret} in {log}");
        assert!(!shown.contains(&secret), "{secret} in {shown}");
    }
}

#[tokio::test]
async fn a_forgotten_middleware_is_an_error_in_the_log() {
    let captured = Captured::default();
    let guard = captured.subscribe();
    let mut session = Spy::default().app().browser().request();
    session.insert("a", &1).await.unwrap();
    drop(session);
    drop(guard);
    let log = captured.text();
    assert!(
        log.contains("ERROR") && log.contains("FINALIZE_SESSION"),
        "{log}"
    );
}

#[tokio::test]
async fn a_session_that_was_finalized_or_never_changed_logs_no_error() {
    let captured = Captured::default();
    let guard = captured.subscribe();
    let spy = Spy::default();
    let mut browser = browser_with_session(&spy.app()).await;
    drop(browser.request());
    let mut session = browser.request();
    session.insert("a", &1).await.unwrap();
    session.renew();
    session.invalidate();
    browser.respond(session).await.unwrap();
    drop(guard);
    assert!(!captured.text().contains("ERROR"), "{}", captured.text());
}

#[tokio::test]
async fn discarded_changes_are_a_warning() {
    let captured = Captured::default();
    let guard = captured.subscribe();
    let spy = Spy::default();
    let app = spy.app();
    let mut browser = browser_with_session(&app).await;
    let mut session = browser.request();
    session.insert("a", &1).await.unwrap();
    app.store
        .backend()
        .unwrap()
        .delete(session.id().unwrap())
        .await
        .unwrap();
    browser.respond(session).await.unwrap();
    drop(guard);
    assert!(
        captured.text().contains("its changes are discarded"),
        "{}",
        captured.text()
    );
}

#[tokio::test]
async fn printing_a_session_changes_neither_the_log_nor_the_response() {
    let captured = Captured::default();
    let spy = Spy::default();
    let app = spy.app();
    let mut browser = browser_with_session(&app).await;
    let mut forged = app.browser();
    forged.set_cookie(Some("__Host-id=forged".into()));
    for browser in [&mut browser, &mut forged] {
        let guard = captured.subscribe();
        let session = browser.request();
        assert!(format!("{session:?}").starts_with("Session {"));
        drop(guard);
        let response = browser.respond(session).await.unwrap();
        assert!(response.headers().is_empty(), "{:?}", response.headers());
    }
    assert_eq!(captured.text(), "");
}
