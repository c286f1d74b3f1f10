//! Each step in the life of a session is one event with a stable name.

use std::fmt;
use std::sync::{Arc, Mutex};

use session::SessionRegistry;
use tracing::field::{Field, Visit};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

use crate::owner::{alice, bob, log_in};
use crate::support::*;

/// Names of events with the names of their fields.
#[derive(Clone, Default)]
pub(crate) struct Names(Arc<Mutex<Vec<String>>>);

impl Names {
    pub(crate) fn listen(&self) -> tracing::subscriber::DefaultGuard {
        listen(tracing_subscriber::registry().with(self.clone()))
    }

    /// Returns the events since the last call.
    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

struct Fields(String);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, _value: &dyn fmt::Debug) {
        if field.name() != "message" {
            self.0 += " ";
            self.0 += field.name();
        }
    }
}

impl<S: tracing::Subscriber> Layer<S> for Names {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() == "session" {
            let mut fields = Fields(event.metadata().name().to_owned());
            event.record(&mut fields);
            self.0.lock().unwrap().push(fields.0);
        }
    }
}

#[tokio::test]
async fn a_life_is_told_step_by_step() {
    let names = Names::default();
    let _guard = names.listen();
    let spy = Spy::default();
    let app = spy.app_with(|config| {
        config.log_in.max_sessions_per_principal = 2.try_into().ok();
        config.state.idle_timeout = HOUR;
        config.state.renew_every = Some(MINUTE * 30);
    });
    let mut browser = browser_with_session(&app).await;
    assert_eq!(names.take(), ["session.created session.id"]);

    let planted = browser.clone();
    log_in(&mut browser, alice()).await.unwrap();
    let expected = ["session.loaded session.id", "session.logged_in session.id"];
    assert_eq!(names.take(), expected);

    assert!(planted.request().is_empty().await.unwrap());
    assert_eq!(names.take(), ["session.superseded session.id"]);

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

    app.clock.advance(MINUTE * 20);
    let session = browser.request();
    session.force_load().await.unwrap();
    browser.respond(session).await.unwrap();
    let expected = ["session.loaded session.id", "session.extended session.id"];
    assert_eq!(names.take(), expected);
    app.clock.advance(MINUTE * 20);
    let session = browser.request();
    session.force_load().await.unwrap();
    browser.respond(session).await.unwrap();
    let expected = ["session.loaded session.id", "session.renewed session.id"];
    assert_eq!(names.take(), expected);

    app.clock.advance(MINUTE);
    assert!(planted.request().is_empty().await.unwrap());
    assert_eq!(names.take(), ["session.token_reuse session.id"]);

    for _ in 0..2 {
        app.clock.advance(MINUTE);
        log_in(&mut app.browser(), alice()).await.unwrap();
    }
    let expected = [
        "session.created session.id",
        "session.logged_in session.id",
        "session.created session.id",
        "session.logged_in session.id",
        "session.revoked session.id",
    ];
    assert_eq!(names.take(), expected);
    assert!(browser.request().is_empty().await.unwrap());
    assert_eq!(names.take(), ["session.unknown session.id"]);
}

#[tokio::test]
async fn ends_are_told_apart() {
    let names = Names::default();
    let _guard = names.listen();
    let app = Spy::default().app();
    let sessions = SessionRegistry::new(&app.store, &app.policy);
    let mut browser = app.browser();

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

    log_in(&mut browser, alice()).await.unwrap();
    names.take();
    let id = browser.request().id().unwrap();
    sessions.revoke(&alice(), id).await.unwrap();
    assert_eq!(names.take(), ["session.revoked session.id"]);
    log_in(&mut app.browser(), bob()).await.unwrap();
    names.take();
    sessions.revoke_all(&bob()).await.unwrap();
    assert_eq!(names.take(), ["session.revoked_many sessions"]);
    sessions.revoke_all(&bob()).await.unwrap();
    assert_eq!(names.take(), [""; 0], "there were none left");

    log_in(&mut browser, alice()).await.unwrap();
    let mut session = browser.request();
    session.insert("a", &1).await.unwrap();
    sessions.revoke_all(&alice()).await.unwrap();
    names.take();
    browser.respond(session).await.unwrap();
    assert_eq!(names.take(), ["session.discarded session.id"]);

    log_in(&mut browser, alice()).await.unwrap();
    app.clock.advance(DAY);
    names.take();
    let session = browser.request();
    assert!(session.is_empty().await.unwrap());
    // The cookie tells it already.
    assert_eq!(names.take(), Vec::<String>::new());
}

#[tokio::test]
async fn bad_cookies_and_a_failing_store_are_told() {
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

    browser.set_cookie(Some("__Host-id=rubbish".into()));
    assert!(browser.request().id().is_none());
    assert_eq!(names.take(), ["session.bad_cookie reason"]);
}
