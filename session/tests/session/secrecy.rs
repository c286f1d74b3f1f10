//! The content of logs, `Debug` forms and errors, which is never secret (invariant I6).

use std::io::Write;
use std::sync::{Arc, Mutex};

use session::Recent;
use session::fresh::{FiveMinutes, Fresh};
use session::store::{SessionStorageBackend, SessionsStep};
use session::testing::{Answer, Operation, TestBrowser};
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

/// Texts that are shown, and texts that must not be among them.
#[derive(Default)]
struct Texts {
    shown: String,
    secrets: Vec<String>,
}

impl Texts {
    fn show(&mut self, value: impl std::fmt::Debug) {
        self.shown += &format!("{value:?}");
    }

    fn hide(&mut self, secret: impl Into<String>) {
        self.secrets.push(secret.into());
    }
}

async fn write_secrets(browser: &mut TestBrowser, texts: &mut Texts) {
    let mut session = browser.request();
    session.insert("card", "top-secret").await.unwrap();
    let mut client = session.client_mut();
    client.insert("note", "client-secret").unwrap();
    texts.hide("top-secret");
    texts.hide("client-secret");
    texts.show(&session);
    texts.show(session.client());
    browser.respond(session).await.unwrap();
    texts.hide(cookie_value(browser));
}

async fn renew(browser: &mut TestBrowser, texts: &mut Texts) {
    let mut session = browser.request();
    let error = session.get::<u32>("card").await.unwrap_err();
    texts.shown += &error.to_string();
    texts.show(session.client().get::<u32>("note").unwrap_err());
    session.renew();
    browser.respond(session).await.unwrap();
    texts.hide(cookie_value(browser));
}

async fn log_in(browser: &mut TestBrowser, texts: &mut Texts) {
    let mut session = browser.request();
    // The name is not a secret, but it does not belong into logs either.
    let member = session::Principal::new("alice@example.com").unwrap();
    session.log_in(member).await.unwrap();
    let flash = session.flash(session::FlashLevel::Info, "flash-secret");
    flash.await.unwrap();
    texts.show(session.flashes().await.unwrap());
    texts.show(&session);
    browser.respond(session).await.unwrap();
    texts.hide(cookie_value(browser));
    texts.hide("flash-secret");
    texts.hide("alice@example.com");
}

async fn present_a_forged_cookie(mut browser: TestBrowser, texts: &mut Texts) {
    browser.set_cookie(Some("__Host-Http-id=forged-cookie".into()));
    browser.request().force_load().await.unwrap();
    texts.hide("forged-cookie");
}

async fn show_record(spy: &Spy, id: session::SessionId, texts: &mut Texts) {
    let mut record = spy.inner().load(id).await.unwrap().unwrap();
    Arc::make_mut(&mut record).principal = None;
    texts.show(record);
}

#[tokio::test]
async fn the_events_of_a_session_show_its_public_id_and_nothing_secret() {
    let (captured, mut texts) = (Captured::default(), Texts::default());
    let guard = captured.subscribe();
    let spy = Spy::default();
    let app = spy.app();
    texts.show(&app.policy);
    let mut browser = app.browser();
    write_secrets(&mut browser, &mut texts).await;
    let (old, id) = (browser.clone(), browser.request().id().unwrap());
    renew(&mut browser, &mut texts).await;
    log_in(&mut browser, &mut texts).await;
    old.request().force_load().await.unwrap();
    app.clock.advance(2 * MINUTE);
    old.request().force_load().await.unwrap();
    present_a_forged_cookie(browser.clone(), &mut texts).await;
    spy.behave(Behaviour::Down);
    texts.show(browser.request().force_load().await.unwrap_err());
    spy.behave(Behaviour::Normal);
    show_record(&spy, id, &mut texts).await;
    let mut session = browser.request();
    session.invalidate();
    browser.respond(session).await.unwrap();
    drop(guard);

    let log = captured.text();
    assert!(log.contains(&id.to_string()));
    contains_each_event(&log);
    for secret in texts.secrets {
        assert!(!log.contains(&secret), "{secret} in {log}");
        let shown = &texts.shown;
        assert!(!shown.contains(&secret), "{secret} in {shown}");
    }
}

fn contains_each_event(log: &str) {
    for event in [
        "session created",
        "session loaded",
        "session renewed",
        "session logged in",
        "session token was replaced",
        "session token reuse",
        "session cookies ignored",
        "session store failed",
        "session invalidated",
    ] {
        assert!(log.contains(event), "{event}: {log}");
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
        .delete(session.id().unwrap(), None)
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
    forged.set_cookie(Some("__Host-Http-id=forged".into()));
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

/// Keeps the `Debug` form, under the name of its type.
fn show<T: std::fmt::Debug>(value: &T) -> (&'static str, String) {
    (std::any::type_name::<T>(), format!("{value:?}"))
}

#[tokio::test]
async fn the_debug_forms_of_the_types_that_security_md_lists_show_the_principal_or_the_label() {
    let app = Spy::default().app();
    let mut browser = app.browser();
    let name = "alice@example.com";
    let principal = session::Principal::new(name).unwrap();
    let label = session::store::Label::new(name);
    let log_in = session::LogIn::new(principal.clone()).with_label(label.clone());
    let mut shown = vec![show(&principal), show(&label), show(&log_in)];
    let mut session = browser.request();
    session.log_in(log_in).await.unwrap();
    session.commit().await.unwrap();

    let fresh = Fresh::<_, FiveMinutes>::new(principal.clone(), &session, &app.policy).await;
    let recent = Recent::<session::Principal>::required(&session).await;
    shown.extend([show(&fresh.unwrap()), show(&recent.unwrap())]);
    let registry = session::SessionRegistry::new(&app.store, &app.policy);
    let exported = registry.export(&principal).await.unwrap().remove(0);
    shown.extend([show(&exported), show(&exported.summary)]);
    let step = SessionsStep {
        sessions: vec![exported.summary.clone()],
        ..Default::default()
    };
    let loaded = app.store.backend().unwrap().load(exported.summary.id);
    let record = loaded.await.unwrap().unwrap();
    shown.extend([show(&step), show(&*record)]);
    shown.push(show(&Operation::Create(&record)));
    shown.push(show(&Answer::Load(Some(record))));
    browser.respond(session).await.unwrap();

    for (of, text) in &shown {
        assert!(text.contains(name), "{of}: {text}");
        let of = of.split('<').next().unwrap().rsplit("::").next().unwrap();
        let security = include_str!("../../../SECURITY.md");
        assert!(security.contains(&format!("`{of}`")), "{of}");
    }
}

/// SECURITY.md lists the types that do.
#[tokio::test]
async fn the_debug_form_of_what_a_handler_has_does_not_show_the_principal() {
    let app = Spy::default().app();
    let mut texts = Texts::default();
    let mut browser = app.browser();
    log_in(&mut browser, &mut texts).await;
    let mut session = browser.request();
    let name = "alice@example.com";
    let label = session::store::Label::new(name);
    let member = session::LogIn::new(session::Principal::new(name).unwrap()).with_label(label);
    session
        .log_in(member.with_stamp(name.as_bytes()))
        .await
        .unwrap();
    texts.show(&session);
    texts.show(session.client_mut());
    session.commit().await.unwrap();
    let recent = session.recent().await.unwrap();
    assert!(recent.principal().is_some());
    texts.show(recent);
    session.log_out();
    texts.show(&session);
    texts.show(session::SessionRegistry::new(&app.store, &app.policy));
    texts.show((&app, &browser, &session.id()));
    browser.respond(session).await.unwrap();
    texts.show(session::SessionError::TooManySessions { limit: 1 });
    assert!(texts.shown.contains("SessionRegistry"), "{}", texts.shown);
    assert!(!texts.shown.contains(name), "{}", texts.shown);
}
