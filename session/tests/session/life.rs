//! The life of a session: beginning, renewal, end.

use session::config::{Activity, RecordCreation};
use session::store::SessionStorageBackend;
use session::testing::{TestApp, set_cookie};
use session::{SessionError, StateKey};

use crate::support::*;

#[tokio::test]
async fn a_written_value_is_there_at_the_next_request() {
    const SIZES: StateKey<Vec<u8>> = StateKey::new("sizes");
    let app = Spy::default().app();
    let mut browser = app.browser();
    let mut session = browser.request();
    session.insert(SIZES, &vec![37, 42]).await.unwrap();
    browser.respond(session).await.unwrap();

    let session = browser.request();
    assert_eq!(session.get(SIZES).await.unwrap(), Some(vec![37, 42]));
    assert_eq!(
        session.get::<Vec<u8>>("sizes").await.unwrap(),
        Some(vec![37, 42])
    );
    let wrong = session.get::<String>("sizes").await.unwrap_err();
    assert!(matches!(wrong, SessionError::Deserialize { .. }));
    assert_eq!(
        wrong.to_string(),
        "the session value `sizes` is not a `alloc::string::String`"
    );
}

#[tokio::test]
async fn the_id_of_a_new_session_is_known_from_its_first_commit_on() {
    let app = Spy::default().app();
    let mut browser = app.browser();
    let mut session = browser.request();
    session.insert("a", &1).await.unwrap();
    assert_eq!(session.id(), None);
    session.commit().await.unwrap();
    let id = session.id().unwrap();
    browser.respond(session).await.unwrap();
    let session = browser.request();
    assert_eq!(session.id(), Some(id));
    assert_eq!(session.expires_at(), Some(app.clock.now() + DAY));
}

#[tokio::test]
async fn after_a_renewal_the_old_token_is_dead_and_the_state_is_kept() {
    let spy = Spy::default();
    let mut browser = browser_with_session(&spy.app()).await;
    let attacker = browser.clone();
    let mut session = browser.request();
    let id = session.id();
    session.insert("user_id", &7).await.unwrap();
    session.renew();
    browser.respond(session).await.unwrap();
    assert_ne!(browser.cookie(), attacker.cookie());

    let session = browser.request();
    assert_eq!(session.id(), id, "the public id stays");
    assert_eq!(session.get::<u64>("user_id").await.unwrap(), Some(7));
    assert!(session.contains_key("theme").await.unwrap());

    let session = attacker.request();
    assert!(session.is_empty().await.unwrap());
    assert_eq!(session.id(), None);
}

#[tokio::test]
async fn an_ended_session_is_gone_from_store_and_browser() {
    let spy = Spy::default();
    let mut browser = browser_with_session(&spy.app()).await;
    let stolen = browser.clone();
    let mut session = browser.request();
    let id = session.id().unwrap();
    session.invalidate();
    assert_eq!(session.get::<String>("theme").await.unwrap(), None);
    let response = browser.respond(session).await.unwrap();
    let removal = set_cookie(&response).unwrap();
    assert_eq!(
        removal,
        "__Host-Http-id=; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=0"
    );
    assert_eq!(browser.cookie(), None);
    assert!(spy.inner().load(id).await.unwrap().is_none());
    assert!(stolen.request().is_empty().await.unwrap());
}

#[tokio::test]
async fn a_write_after_the_end_starts_a_new_session_in_the_same_request() {
    let spy = Spy::default();
    let mut browser = browser_with_session(&spy.app()).await;
    spy.operations();
    let mut session = browser.request();
    let old = session.id();
    session.invalidate();
    session
        .insert("notice", "you are logged out")
        .await
        .unwrap();
    browser.respond(session).await.unwrap();
    assert_eq!(spy.operations(), ["load", "delete", "create"]);

    let session = browser.request();
    assert_ne!(session.id(), old);
    assert!(session.contains_key("notice").await.unwrap());
    assert!(!session.contains_key("theme").await.unwrap());
}

#[tokio::test]
async fn the_end_of_a_session_that_was_never_stored_costs_no_store_operation() {
    let spy = Spy::default();
    let mut browser = spy.app().browser();
    let mut session = browser.request();
    session.insert("a", &1).await.unwrap();
    session.invalidate();
    let response = browser.respond(session).await.unwrap();
    assert!(spy.operations().is_empty());
    assert!(set_cookie(&response).is_none());
}

#[tokio::test]
async fn a_stale_cookie_does_not_prevent_a_new_session() {
    let spy = Spy::default();
    let app = spy.app();
    for stale in ["expired", "deleted"] {
        let mut browser = browser_with_session(&app).await;
        let old = browser.request().id().unwrap();
        match stale {
            "expired" => app.clock.advance(25 * HOUR),
            _ => assert!(
                app.store
                    .backend()
                    .unwrap()
                    .delete(old, None)
                    .await
                    .unwrap()
            ),
        }
        let mut session = browser.request();
        session.insert("user_id", &7).await.unwrap();
        session.renew();
        browser.respond(session).await.unwrap();
        let session = browser.request();
        assert_eq!(
            session.get::<u64>("user_id").await.unwrap(),
            Some(7),
            "{stale}"
        );
        assert!(!session.contains_key("theme").await.unwrap(), "{stale}");
        assert_ne!(session.id(), Some(old), "{stale}: no foreign id is adopted");
    }
}

#[tokio::test]
async fn a_removed_value_stays_removed() {
    let spy = Spy::default();
    let mut browser = browser_with_session(&spy.app()).await;
    let mut session = browser.request();
    assert!(session.remove("theme").await.unwrap());
    browser.respond(session).await.unwrap();
    assert!(!browser.request().contains_key("theme").await.unwrap());

    let mut browser = browser_with_session(&spy.app()).await;
    let mut session = browser.request();
    session.clear().await.unwrap();
    browser.respond(session).await.unwrap();
    assert!(browser.request().is_empty().await.unwrap());
}

#[tokio::test]
async fn no_use_extends_a_session_beyond_the_absolute_timeout() {
    let app = Spy::default().app();
    let mut browser = browser_with_session(&app).await;
    let id = browser.request().id().unwrap();
    let end = id.created_at() + 30 * DAY;
    while app.clock.now() + 20 * HOUR < end {
        app.clock.advance(20 * HOUR);
        let mut session = browser.request();
        assert!(session.contains_key("theme").await.unwrap());
        session
            .update("n", |n: Option<u32>| n.unwrap_or(0) + 1)
            .await
            .unwrap();
        browser.respond(session).await.unwrap();
        let record = app
            .store
            .backend()
            .unwrap()
            .load(id)
            .await
            .unwrap()
            .unwrap();
        assert!(record.expires_at <= end);
    }
    app.clock.advance(20 * HOUR);
    assert!(browser.request().is_empty().await.unwrap());
}

#[tokio::test]
async fn a_shortened_absolute_timeout_holds_for_sessions_that_exist() {
    let spy = Spy::default();
    let app = spy.app();
    let mut browser = browser_with_session(&app).await;
    let mut session = browser.request();
    session.insert("n", &1).await.unwrap();
    browser.respond(session).await.unwrap();
    let mut stricter = session::SessionConfig::default();
    stricter.state.idle_timeout = HOUR;
    stricter.state.absolute_timeout = HOUR;
    let policy = session::SessionPolicy::new(&stricter, &app.cookies).unwrap();
    app.clock.advance(2 * HOUR);
    let mut restarted = app.clone();
    restarted.policy = policy.with_clock(app.clock.clone());
    let session = restarted.session(&head_with(browser.cookie().unwrap()));
    assert!(session.is_empty().await.unwrap());
}

#[tokio::test]
async fn client_side_state_of_an_ended_session_is_not_carried_over() {
    let mut browser = browser_with_session(&Spy::default().app()).await;
    let mut session = browser.request();
    session.client_mut().insert("language", "de").unwrap();
    session.invalidate();
    assert!(session.client().is_empty());
    session.insert("notice", &1).await.unwrap();
    browser.respond(session).await.unwrap();
    assert!(browser.request().client().is_empty());
}

#[tokio::test]
async fn asking_for_the_id_and_the_deadline_leaves_the_response_as_it_is() {
    let app = Spy::default().app_with(|config| config.state.record = RecordCreation::IfServerSide);
    let mut browser = app.browser();
    let mut session = browser.request();
    session.client_mut().insert("language", "de").unwrap();
    browser.respond(session).await.unwrap();
    app.clock.advance(23 * HOUR);

    let session = browser.request();
    assert!(session.id().is_some());
    assert_eq!(session.expires_at(), Some(app.clock.now() + HOUR));
    let response = browser.respond(session).await.unwrap();
    assert!(response.headers().is_empty(), "{:?}", response.headers());
}

#[tokio::test]
async fn a_shortened_idle_timeout_holds_for_sessions_that_exist() {
    let spy = Spy::default();
    let app = spy.app();
    let mut browser = app.browser();
    crate::support::log_in(&mut browser, crate::support::alice())
        .await
        .unwrap();
    let mut config = session::SessionConfig::default();
    config.state.idle_timeout = 15 * MINUTE;
    let policy = session::SessionPolicy::new(&config, &app.cookies).unwrap();
    let mut restarted = app.clone();
    restarted.policy = policy.with_clock(app.clock.clone());
    let head = head_with(browser.cookie().unwrap());
    for (wait, is_alive) in [(14 * MINUTE, true), (MINUTE, false)] {
        app.clock.advance(wait);
        let session = restarted.session(&head);
        assert_eq!(session.principal().await.unwrap().is_some(), is_alive);
        let registry = session::SessionRegistry::new(&app.store, &restarted.policy);
        let listed = registry.list(&crate::support::alice()).await.unwrap();
        assert_eq!(listed.len(), usize::from(is_alive));
    }
}

/// Returns the application as it starts again with an idle timeout of 15 minutes.
fn with_a_shorter_idle_timeout(app: &TestApp, mut config: session::SessionConfig) -> TestApp {
    config.state.idle_timeout = 15 * MINUTE;
    restarted(app, &config)
}

#[tokio::test]
async fn a_session_in_use_outlives_a_shortened_idle_timeout() {
    for activity in [Activity::LoadsAndChanges, Activity::AnyRequest] {
        let mut config = session::SessionConfig::default();
        config.state.activity = activity;
        let app = TestApp::with_config(Spy::default(), &config).unwrap();
        let mut session = app.browser().request();
        session.log_in(crate::support::alice()).await.unwrap();
        let logged_in = app.browser().respond(session).await.unwrap();
        let mut browser = with_a_shorter_idle_timeout(&app, config).browser();
        browser.receive(&logged_in);
        for _ in 0..9 {
            app.clock.advance(10 * MINUTE);
            let session = browser.request();
            if activity == Activity::LoadsAndChanges {
                assert!(session.principal().await.unwrap().is_some());
            }
            browser.respond(session).await.unwrap();
        }
        app.clock.advance(15 * MINUTE);
        let principal = browser.request().principal().await.unwrap();
        assert_eq!(principal, None, "{activity:?}");
    }
}

#[tokio::test]
async fn a_session_without_a_record_in_use_gets_the_deadline_of_a_shortened_idle_timeout() {
    let mut config = session::SessionConfig::default();
    config.state.record = RecordCreation::IfServerSide;
    let app = TestApp::with_config(Spy::default(), &config).unwrap();
    let mut session = app.browser().request();
    session.client_mut().insert("language", "de").unwrap();
    let response = app.browser().respond(session).await.unwrap();
    let mut browser = with_a_shorter_idle_timeout(&app, config).browser();
    browser.receive(&response);
    let mut session = browser.request();
    session.client_mut().insert("language", "fr").unwrap();
    browser.respond(session).await.unwrap();
    let deadline = browser.request().expires_at();
    assert_eq!(deadline, Some(app.clock.now() + 15 * MINUTE));
}

#[tokio::test]
async fn a_session_without_a_record_is_over_once_its_shortened_absolute_timeout_is() {
    let mut config = session::SessionConfig::default();
    config.state.record = RecordCreation::IfServerSide;
    let app = TestApp::with_config(Spy::default(), &config).unwrap();
    let mut browser = app.browser();
    for hour in 0..3 {
        let mut session = browser.request();
        session.client_mut().insert("hour", &hour).unwrap();
        browser.respond(session).await.unwrap();
        app.clock.advance(HOUR);
    }
    let head = head_with(browser.cookie().unwrap());
    let arrives = |absolute_timeout| {
        config.state.anonymous.absolute_timeout = Some(absolute_timeout);
        restarted(&app, &config).session(&head)
    };

    let [mut over, mut ending] = [2 * HOUR, 3 * HOUR + MINUTE].map(arrives);
    assert_eq!(over.id(), None);
    assert!(over.client().is_empty());
    over.client_mut().insert("hour", &4).unwrap();
    over.commit().await.unwrap();
    assert!(over.id().is_some());

    assert!(ending.expires_at() <= Some(app.clock.now() + MINUTE));
    assert!(ending.id().is_some());
    app.clock.advance(MINUTE);
    ending.client_mut().insert("hour", &4).unwrap();
    let outcome = ending.commit().await;
    assert!(matches!(outcome, Err(session::SessionError::Discarded)));
}
