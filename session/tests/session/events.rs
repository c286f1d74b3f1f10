//! Each step in the life of a session is one event with a stable name.

use std::fmt;
use std::sync::{Arc, Mutex};

use session::config::Preset;
use session::testing::{TestApp, TestBrowser};
use session::{IncomingSession, LogIn, SessionConfig, SessionRegistry};
use session_memory::InMemorySessionStore;
use tracing::field::{Field, Visit};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

use crate::support::*;

/// Names of events with the names of their fields.
#[derive(Clone, Default)]
pub(crate) struct Names {
    seen: Arc<Mutex<Vec<String>>>,
    with_values: bool,
}

impl Names {
    /// Returns a listener that also writes the values of the fields.
    fn with_values() -> Self {
        Self {
            with_values: true,
            ..Self::default()
        }
    }

    pub(crate) fn listen(&self) -> tracing::subscriber::DefaultGuard {
        listen(tracing_subscriber::registry().with(self.clone()))
    }

    /// Returns the events since the last call.
    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.seen.lock().unwrap())
    }
}

struct Fields {
    text: String,
    with_values: bool,
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() != "message" {
            self.text += " ";
            self.text += field.name();
            if self.with_values {
                self.text += &format!("={value:?}");
            }
        }
    }
}

impl<S: tracing::Subscriber> Layer<S> for Names {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() == "session" {
            let mut fields = Fields {
                text: event.metadata().name().to_owned(),
                with_values: self.with_values,
            };
            event.record(&mut fields);
            self.seen.lock().unwrap().push(fields.text);
        }
    }
}

fn app() -> TestApp {
    Spy::default().app_with(|config| {
        config.log_in.max_sessions_per_principal = 2.try_into().ok();
        config.state.idle_timeout = HOUR;
        config.state.renew_every = Some(MINUTE * 30);
    })
}

async fn load(browser: &mut TestBrowser) {
    let session = browser.request();
    session.force_load().await.unwrap();
    browser.respond(session).await.unwrap();
}

#[tokio::test]
async fn a_creation_and_a_log_in_log_one_event_each() {
    let names = Names::default();
    let _guard = names.listen();
    let mut browser = browser_with_session(&app()).await;
    assert_eq!(names.take(), ["session.created session.id"]);

    let planted = browser.clone();
    log_in(&mut browser, alice()).await.unwrap();
    let expected = [
        "session.loaded session.id",
        "session.logged_in session.id",
        // The check of the limit is followed by a load that confirms the cookie.
        "session.loaded session.id",
    ];
    assert_eq!(names.take(), expected);

    assert!(planted.request().is_empty().await.unwrap());
    assert_eq!(names.take(), ["session.superseded session.id"]);
}

#[tokio::test]
async fn a_commit_after_a_conflict_logs_the_conflict_and_the_commit() {
    let names = Names::default();
    let _guard = names.listen();
    let mut browser = browser_with_session(&app()).await;
    let mut session = browser.request();
    session.insert("a", &1).await.unwrap();
    let mut rival = browser.request();
    rival.insert("b", &1).await.unwrap();
    browser.respond(session).await.unwrap();
    names.take();
    browser.respond(rival).await.unwrap();
    let expected = [
        "session.conflict session.id attempt",
        "session.loaded session.id",
        "session.committed session.id revision",
    ];
    assert_eq!(names.take(), expected);
}

#[tokio::test]
async fn an_extension_a_renewal_and_token_reuse_log_one_event_each() {
    let names = Names::default();
    let _guard = names.listen();
    let app = app();
    let mut browser = browser_with_session(&app).await;
    let old = browser.clone().ignoring_expiry();
    names.take();
    app.clock.advance(MINUTE * 20);
    load(&mut browser).await;
    let expected = ["session.loaded session.id", "session.extended session.id"];
    assert_eq!(names.take(), expected);

    app.clock.advance(MINUTE * 20);
    load(&mut browser).await;
    let expected = ["session.loaded session.id", "session.renewed session.id"];
    assert_eq!(names.take(), expected);

    app.clock.advance(MINUTE * 2);
    assert!(old.request().is_empty().await.unwrap());
    assert_eq!(names.take(), ["session.token_reuse session.id"]);
}

#[tokio::test]
async fn a_log_in_beyond_the_limit_logs_the_revocation_of_the_oldest_session() {
    let names = Names::default();
    let _guard = names.listen();
    let app = app();
    let mut browser = app.browser();
    log_in(&mut browser, alice()).await.unwrap();
    names.take();
    for _ in 0..2 {
        app.clock.advance(MINUTE);
        log_in(&mut app.browser(), alice()).await.unwrap();
    }
    let expected = [
        "session.created session.id",
        "session.logged_in session.id",
        "session.loaded session.id",
        "session.created session.id",
        "session.logged_in session.id",
        "session.revoked session.id",
        "session.loaded session.id",
    ];
    assert_eq!(names.take(), expected);
    assert!(browser.request().is_empty().await.unwrap());
    assert_eq!(names.take(), ["session.unknown session.id"]);
}

#[tokio::test]
async fn a_log_out_and_an_invalidation_log_different_events() {
    let names = Names::default();
    let _guard = names.listen();
    let mut browser = app().browser();
    log_in(&mut browser, alice()).await.unwrap();
    let mut session = browser.request();
    session.log_out();
    names.take();
    browser.respond(session).await.unwrap();
    let expected = ["session.loaded session.id", "session.logged_out session.id"];
    assert_eq!(names.take(), expected);

    log_in(&mut browser, alice()).await.unwrap();
    let mut session = browser.request();
    session.force_load().await.unwrap();
    session.invalidate();
    names.take();
    browser.respond(session).await.unwrap();
    assert_eq!(names.take(), ["session.invalidated session.id"]);
}

#[tokio::test]
async fn revocations_log_one_event_unless_there_is_nothing_to_revoke() {
    let names = Names::default();
    let _guard = names.listen();
    let app = app();
    let sessions = SessionRegistry::new(&app.store, &app.policy);
    let mut browser = app.browser();
    log_in(&mut browser, alice()).await.unwrap();
    log_in(&mut app.browser(), bob()).await.unwrap();
    names.take();
    let id = browser.request().id().unwrap();
    sessions.revoke(&alice(), id).await.unwrap();
    assert_eq!(names.take(), ["session.revoked session.id"]);
    sessions.revoke_all(&bob()).await.unwrap();
    assert_eq!(names.take(), ["session.revoked_many sessions"]);
    sessions.revoke_all(&bob()).await.unwrap();
    assert_eq!(names.take(), [""; 0]);
    let mut session = app.browser().request();
    let log_in = LogIn::new(bob()).with_origin("https://id.example", "1");
    session.log_in(log_in).await.unwrap();
    session.commit().await.unwrap();
    names.take();
    for event in [&["session.revoked_many sessions"][..], &[]] {
        let end = sessions.revoke_origin("https://id.example", "1");
        end.await.unwrap();
        assert_eq!(names.take(), event);
    }
}

#[tokio::test]
async fn a_session_with_another_stamp_logs_one_event_at_its_end() {
    let names = Names::default();
    let _guard = names.listen();
    let mut browser = app().browser();
    log_in(&mut browser, alice()).await.unwrap();
    let session = browser.request();
    session.force_load().await.unwrap();
    names.take();
    for _ in 0..2 {
        session.verify_stamp(b"new").await.unwrap_err();
    }
    assert_eq!(names.take(), ["session.stamp_mismatch session.id"]);
}

#[tokio::test]
async fn a_session_revoked_during_a_request_logs_that_its_changes_are_discarded() {
    let names = Names::default();
    let _guard = names.listen();
    let app = app();
    let mut browser = app.browser();
    log_in(&mut browser, alice()).await.unwrap();
    let mut session = browser.request();
    session.insert("a", &1).await.unwrap();
    let sessions = SessionRegistry::new(&app.store, &app.policy);
    sessions.revoke_all(&alice()).await.unwrap();
    names.take();
    browser.respond(session).await.unwrap();
    assert_eq!(names.take(), ["session.discarded session.id"]);
}

#[tokio::test]
async fn a_cookie_past_its_deadline_logs_nothing() {
    let names = Names::default();
    let _guard = names.listen();
    let app = app();
    let browser = browser_with_session(&app).await.ignoring_expiry();
    app.clock.advance(DAY);
    names.take();
    assert!(browser.request().is_empty().await.unwrap());
    assert_eq!(names.take(), [""; 0]);
}

#[tokio::test]
async fn a_bad_cookie_and_a_failing_store_log_one_event_each() {
    let names = Names::default();
    let _guard = names.listen();
    let spy = Spy::default();
    let app = spy.app();
    let mut browser = browser_with_session(&app).await;
    spy.behave(Behaviour::Down);
    names.take();
    assert!(browser.request().is_empty().await.is_err());
    let expected = ["session.store_error operation kind elapsed_ms error"];
    assert_eq!(names.take(), expected);

    browser.set_cookie(Some("__Host-Http-id=rubbish".into()));
    assert!(browser.request().id().is_none());
    assert_eq!(names.take(), ["session.bad_cookie ignored reason"]);
}

#[tokio::test]
async fn a_record_that_cannot_be_read_logs_one_event() {
    let spy = Spy::default();
    let browser = browser_with_session(&spy.app()).await;
    spy.behave(Behaviour::UnreadableRecords);
    let names = Names::default();
    let _guard = names.listen();
    let session = browser.request();
    assert!(session.is_empty().await.unwrap());
    assert_eq!(names.take(), ["session.unreadable_record session.id error"]);
}

#[tokio::test]
async fn thousands_of_bad_cookies_in_a_request_log_one_event_with_a_count() {
    let bad_cookies = Names::with_values();
    let _guard = bad_cookies.listen();
    let app = app();
    let head = head_with("__Host-Http-id=;".repeat(95_000));
    let incoming = IncomingSession::extract(&head, &app.policy);
    assert_eq!(format!("{incoming:?}"), "Some(IncomingSession(9 cookies))");
    let session = app.session(&head);
    assert!(session.is_empty().await.unwrap());
    let expected = "session.bad_cookie ignored=9 reason=there are more than eight session cookies";
    assert_eq!(bad_cookies.take(), [expected]);
}

#[tokio::test]
async fn eight_cookies_of_eight_sessions_log_one_event() {
    let names = Names::default();
    let _guard = names.listen();
    let app = app();
    let mut pairs = Vec::new();
    for _ in 0..8 {
        let browser = browser_with_session(&app).await;
        pairs.push(browser.cookie().unwrap().to_owned());
    }
    names.take();
    let session = app.session(&head_with(pairs.join("; ")));
    assert!(session.id().is_some());
    assert_eq!(names.take(), ["session.several_cookies"]);
}

#[test]
fn a_cookie_that_is_not_secure_is_a_warning_outside_the_preset_localhost() {
    let names = Names::default();
    let _guard = names.listen();
    let start = |config: &SessionConfig| {
        TestApp::with_config(InMemorySessionStore::new(), config).unwrap();
        names.take()
    };
    let mut config = SessionConfig::default();
    assert_eq!(start(&config), [""; 0]);
    assert_eq!(start(&Preset::Localhost.config()), [""; 0]);
    let json = r#"{ "preset": "localhost", "cookie": { "name": "shop" } }"#;
    assert_eq!(start(&serde_json::from_str(json).unwrap()), [""; 0]);

    config.cookie.name = "shop".into();
    config.cookie.secure = false;
    assert_eq!(start(&config), ["session.insecure_cookie"]);
    let json = r#"{ "preset": "aal2", "cookie": { "name": "shop", "secure": false } }"#;
    let config = serde_json::from_str(json).unwrap();
    assert_eq!(start(&config), ["session.insecure_cookie"]);
}
