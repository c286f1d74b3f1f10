//! Reads of a copy of the record: their cost, their age, and the ends of sessions that they see.

use std::num::NonZeroUsize;
use std::time::Duration;

use session::config::Activity;
use session::testing::{Intercepted, TestApp, TestBrowser, set_cookie};
use session::{
    LogIn, PassiveRequest, Principal, PrincipalError, Recent, SessionError, SessionRegistry,
    SessionStore,
};
use tokio::time::advance;

use crate::support::*;
use crate::valid_from::{moved, present, restarted};

mod cookies;
mod races;

const BOUND: Duration = Duration::from_secs(1);
const MOMENT: Duration = Duration::from_millis(1);

/// A browser in which alice is logged in, and whose session is copied.
async fn member(spy: &Spy, app: &TestApp) -> TestBrowser {
    let mut browser = app.browser();
    log_in(&mut browser, alice()).await.unwrap();
    assert_eq!(recent(&browser).await, Some(alice()));
    spy.operations();
    browser
}

/// The principal of the browser's session a moment ago.
async fn recent(browser: &TestBrowser) -> Option<Principal> {
    let session = browser.request();
    let recent = session.recent().await.unwrap();
    recent.principal().cloned()
}

/// The server of an application on the same database in another process.
fn elsewhere(spy: &Spy, app: &TestApp) -> TestApp {
    let mut elsewhere = app.clone();
    elsewhere.store = SessionStore::from(spy.clone());
    elsewhere
}

fn registry(app: &TestApp) -> SessionRegistry {
    SessionRegistry::new(&app.store, &app.policy)
}

#[tokio::test(start_paused = true)]
async fn a_read_of_a_recent_copy_costs_no_store_operation_and_sends_no_cookie() {
    let spy = Spy::default();
    let app = spy.app();
    let mut browser = app.browser();
    let mut session = browser.request();
    session.log_in(alice()).await.unwrap();
    session.insert("theme", "dark").await.unwrap();
    browser.respond(session).await.unwrap();
    spy.operations();
    for expected in [&["load"][..], &[], &[]] {
        let session = browser.request();
        let recent = session.recent().await.unwrap();
        assert_eq!(recent.principal(), Some(&alice()));
        assert_eq!(recent.get::<String>("theme").unwrap().unwrap(), "dark");
        assert_eq!(recent.get::<String>("language").unwrap(), None);
        let mistaken = recent.get::<u64>("theme").unwrap_err();
        assert!(matches!(mistaken, SessionError::Deserialize { .. }));
        let response = browser.respond(session).await.unwrap();
        assert_eq!(spy.operations(), expected);
        assert!(set_cookie(&response).is_none());
        let header = |name| response.headers().get(name).unwrap();
        assert_eq!(header("cache-control"), "private");
        assert_eq!(header("vary"), "Cookie");
    }
}

#[tokio::test(start_paused = true)]
async fn a_copy_is_used_until_it_has_the_greatest_age() {
    let spy = Spy::default();
    let browser = member(&spy, &spy.app()).await;
    advance(BOUND - MOMENT).await;
    recent(&browser).await;
    assert!(spy.operations().is_empty());
    advance(MOMENT).await;
    recent(&browser).await;
    assert_eq!(spy.operations(), ["load"]);
}

#[tokio::test(start_paused = true)]
async fn the_age_of_a_copy_counts_from_the_beginning_of_its_load() {
    let spy = Spy::default();
    let app = spy.app();
    let browser = member(&spy, &app).await;
    advance(BOUND).await;
    let slow = races::Slow(BOUND / 2);
    let store = std::sync::Arc::new(spy.inner().clone());
    let mut app = app.clone();
    app.store = SessionStore::new(Intercepted::new(store, slow));
    let browser = moved(&browser, &app);
    let duration = |since: tokio::time::Instant| since.elapsed();
    // The first use of a copy makes room for them.
    for (wait, expected) in [
        (Duration::ZERO, BOUND / 2),
        (BOUND / 2 - MOMENT, Duration::ZERO),
        (MOMENT, BOUND / 2),
    ] {
        advance(wait).await;
        let begun = tokio::time::Instant::now();
        recent(&browser).await;
        assert_eq!(duration(begun), expected);
    }
}

#[tokio::test]
async fn without_a_greatest_age_each_read_loads() {
    let spy = Spy::default();
    let app = spy.app_with(|config| config.store.recent = Duration::ZERO);
    let browser = member(&spy, &app).await;
    for _ in 0..2 {
        assert_eq!(recent(&browser).await, Some(alice()));
        assert_eq!(spy.operations(), ["load"]);
    }
    assert!(format!("{:?}", app.store).contains("in_use: false"));
}

#[tokio::test]
async fn a_read_without_a_session_costs_nothing() {
    let spy = Spy::default();
    let app = spy.app();
    let session = app.browser().request();
    let recent = session.recent().await.unwrap();
    assert_eq!(recent.principal(), None);
    assert_eq!(recent.get::<u64>("n").unwrap(), None);
    assert!(spy.operations().is_empty());
}

#[tokio::test]
async fn a_store_that_fails_is_an_error_only_if_it_is_asked() {
    let spy = Spy::default();
    let app = spy.app_with(|config| config.store.recent = 60 * BOUND);
    let browser = member(&spy, &app).await;
    spy.behave(Behaviour::Down);
    assert_eq!(recent(&browser).await, Some(alice()));
    registry(&app).revoke_all(&alice()).await.unwrap_err();
    let session = browser.request();
    assert!(session.recent().await.is_err());
}

#[tokio::test]
async fn without_a_store_values_are_refused_and_nobody_is_logged_in() {
    let app = TestApp::new(SessionStore::cookie_only());
    let session = app.browser().request();
    let recent = session.recent().await.unwrap();
    assert_eq!(recent.principal(), None);
    assert!(recent.get::<u64>("n").is_err());
}

#[tokio::test(start_paused = true)]
async fn a_session_that_another_process_ends_is_read_for_the_bound_and_no_longer() {
    let spy = Spy::default();
    let app = spy.app();
    let browser = member(&spy, &app).await;
    let registry = registry(&elsewhere(&spy, &app));
    registry.revoke_all(&alice()).await.unwrap();
    advance(BOUND - MOMENT).await;
    assert_eq!(recent(&browser).await, Some(alice()));
    assert_eq!(principal(&browser).await, None, "a principal is strict");
    assert_eq!(recent(&browser).await, None, "the strict read has seen it");

    let browser = member(&spy, &app).await;
    registry.revoke_all(&alice()).await.unwrap();
    advance(BOUND).await;
    assert_eq!(recent(&browser).await, None);
}

#[tokio::test(start_paused = true)]
async fn a_secret_that_another_process_replaces_is_read_for_the_bound_and_no_longer() {
    let spy = Spy::default();
    let app = spy.app();
    let browser = member(&spy, &app).await;
    let mut renewed = moved(&browser, &elsewhere(&spy, &app));
    app.clock.advance(MINUTE);
    let mut session = renewed.request();
    session.renew();
    renewed.respond(session).await.unwrap();
    spy.operations();

    assert_eq!(recent(&browser).await, Some(alice()));
    assert!(spy.operations().is_empty());
    let renewed = moved(&renewed, &app);
    assert_eq!(recent(&renewed).await, Some(alice()));
    assert_eq!(spy.operations(), ["load"], "the copy has another secret");
    app.clock.advance(MINUTE);
    assert_eq!(recent(&browser).await, None, "the copy has the new secret");
    assert_eq!(spy.operations(), ["load"]);
    recent(&renewed).await;
    assert!(spy.operations().is_empty());
}

#[tokio::test(start_paused = true)]
async fn the_previous_secret_is_never_answered_from_a_copy() {
    let spy = Spy::default();
    let app = spy.app_with(|config| config.state.renew_every = Some(HOUR));
    let before = member(&spy, &app).await;
    let mut renewed = before.clone();
    app.clock.advance(HOUR);
    let session = renewed.request();
    assert_eq!(
        session.recent().await.unwrap().principal(),
        Some(&alice()),
        "the renewal is due"
    );
    let response = renewed.respond(session).await.unwrap();
    assert!(set_cookie(&response).is_some());
    assert_eq!(spy.operations(), ["load", "replace"]);
    assert_eq!(recent(&renewed).await, Some(alice()));
    assert_eq!(spy.operations(), ["load"]);
    for _ in 0..2 {
        assert_eq!(recent(&before).await, Some(alice()));
        assert_eq!(spy.operations(), ["load"]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_user_who_sees_only_recent_pages_stays_logged_in() {
    let spy = Spy::default();
    let app = spy.app();
    let mut browser = member(&spy, &app).await;
    for hour in 0..72 {
        let session = browser.request();
        let recent = session.recent().await.unwrap();
        assert_eq!(recent.principal(), Some(&alice()), "hour {hour}");
        let response = browser.respond(session).await.unwrap();
        // The deadline is moved after a fifth of a day, here at each fifth hour.
        let (operations, is_extended) = match hour % 5 {
            0 if hour > 0 => (&["load", "touch"][..], true),
            1 if hour > 1 => (&["load"][..], false),
            _ => (&[][..], false),
        };
        assert_eq!(spy.operations(), operations, "hour {hour}");
        assert_eq!(set_cookie(&response).is_some(), is_extended, "hour {hour}");
        app.clock.advance(HOUR);
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_that_moves_no_deadline_reads_the_copy() {
    let spy = Spy::default();
    let passive = spy.app();
    let by_changes = spy.app_with(|config| config.state.activity = Activity::Changes);
    for app in [passive, by_changes] {
        let mut browser = member(&spy, &app).await;
        app.clock.advance(20 * HOUR);
        let session = browser.request();
        if app.policy.config().state.activity != Activity::Changes {
            PassiveRequest::new(&session);
        }
        let recent = session.recent().await.unwrap();
        assert_eq!(recent.principal(), Some(&alice()));
        browser.respond(session).await.unwrap();
        assert!(spy.operations().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn a_session_that_has_expired_is_not_read() {
    let spy = Spy::default();
    let app = spy.app();
    let browser = member(&spy, &app).await;
    app.clock.advance(2 * HOUR);
    // The cookie alone does not show it.
    let shortened = restarted(&app, |config| {
        config.state.idle_timeout = HOUR;
        config.state.anonymous.idle_timeout = None;
    });
    assert_eq!(recent(&moved(&browser, &shortened)).await, None);
}

#[tokio::test(start_paused = true)]
async fn a_session_that_is_cut_off_is_not_read() {
    let spy = Spy::default();
    let before = spy.app();
    let browser = member(&spy, &before).await;
    let now = present(&before);
    before.clock.advance(HOUR);
    let app = restarted(&before, |config| config.state.valid_from = Some(now));
    assert_eq!(recent(&moved(&browser, &app)).await, None);
    assert_eq!(spy.operations(), ["load", "delete"]);
}

#[tokio::test(start_paused = true)]
async fn a_cookie_without_a_record_is_looked_up_each_time_and_removed() {
    let spy = Spy::default();
    let app = spy.app();
    let mut browser = member(&spy, &app).await;
    registry(&app).revoke_all(&alice()).await.unwrap();
    spy.operations();
    assert_eq!(recent(&browser).await, None);
    assert_eq!(spy.operations(), ["load"]);
    let session = browser.request();
    assert_eq!(session.recent().await.unwrap().principal(), None);
    browser.respond(session).await.unwrap();
    assert_eq!(spy.operations(), ["load"]);
    assert_eq!(browser.cookie(), None);
}

#[tokio::test(start_paused = true)]
async fn a_record_that_cannot_be_parsed_is_not_read() {
    let spy = Spy::default();
    let app = spy.app();
    let browser = member(&spy, &app).await;
    let id = browser.request().id().unwrap();
    let backend = app.store.backend().unwrap();
    let mut record = (*backend.load(id).await.unwrap().unwrap()).clone();
    let expected = record.revision;
    record.state = session::store::SerializedState::from_json("[");
    record.revision = expected.next();
    _ = backend.replace(&record.into(), expected).await.unwrap();
    advance(BOUND).await;
    for _ in 0..2 {
        assert_eq!(recent(&browser).await, None);
    }
}

#[tokio::test(start_paused = true)]
async fn a_use_of_the_session_after_a_recent_read_loads_it() {
    let spy = Spy::default();
    let app = spy.app();
    let browser = member(&spy, &app).await;
    let mut writer = moved(&browser, &elsewhere(&spy, &app));
    let mut session = writer.request();
    session.insert("theme", "dark").await.unwrap();
    writer.respond(session).await.unwrap();
    spy.operations();

    let session = browser.request();
    let copy = session.recent().await.unwrap();
    assert_eq!(copy.get::<String>("theme").unwrap(), None);
    assert!(spy.operations().is_empty());
    let theme = session.get::<String>("theme").await.unwrap();
    assert_eq!(theme.as_deref(), Some("dark"));
    assert_eq!(spy.operations(), ["load"]);
    let loaded = session.recent().await.unwrap();
    let theme = loaded.get::<String>("theme").unwrap();
    assert_eq!(
        theme.as_deref(),
        Some("dark"),
        "as this request has loaded it"
    );
}

#[tokio::test(start_paused = true)]
async fn the_changes_of_the_request_are_seen() {
    let spy = Spy::default();
    let app = spy.app();
    let mut browser = member(&spy, &app).await;
    let mut session = browser.request();
    session.insert("theme", "dark").await.unwrap();
    let theme = session.recent().await.unwrap().get::<String>("theme");
    assert_eq!(theme.unwrap().as_deref(), Some("dark"));
    session.log_in(bob()).await.unwrap();
    let seen = session.recent().await.unwrap();
    assert_eq!(seen.principal(), Some(&bob()));
    assert_eq!(seen.get::<String>("theme").unwrap(), None);
    session.commit().await.unwrap();
    assert_eq!(session.recent().await.unwrap().principal(), Some(&bob()));
    session.log_out();
    assert_eq!(session.recent().await.unwrap().principal(), None);
    browser.respond(session).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn after_a_log_out_the_request_has_no_session() {
    let spy = Spy::default();
    let app = spy.app();
    let mut browser = member(&spy, &app).await;
    let mut session = browser.request();
    assert_eq!(session.recent().await.unwrap().principal(), Some(&alice()));
    session.log_out();
    assert_eq!(session.recent().await.unwrap().principal(), None);
    assert!(spy.operations().is_empty());
    browser.respond(session).await.unwrap();
    assert_eq!(spy.operations(), ["load", "delete"]);
}

#[tokio::test(start_paused = true)]
async fn the_components_are_those_of_a_principal() {
    let spy = Spy::default();
    let app = spy.app();
    let stranger = app.browser().request();
    let refused = Recent::required(&stranger).await.unwrap_err();
    assert!(matches!(refused, PrincipalError::NotLoggedIn));
    assert_eq!(Recent::optional(&stranger).await.unwrap(), None);

    let browser = member(&spy, &app).await;
    let session = browser.request();
    let required = Recent::required(&session).await.unwrap();
    assert_eq!(*required, alice());
    assert_eq!(required.map(|it| it.to_string()).into_inner(), "alice");
    let optional = Recent::optional(&session).await.unwrap().unwrap();
    assert_eq!(optional.into_inner(), alice());
    assert!(spy.operations().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_stamp_is_compared_with_the_copy_and_a_change_is_seen_at_once() {
    let spy = Spy::default();
    let app = spy.app();
    let mut browser = app.browser();
    log_in_with(&mut browser, b"old").await;
    recent(&browser).await;
    spy.operations();

    let session = browser.request();
    let copy = session.recent().await.unwrap();
    copy.verify_stamp(b"old").await.unwrap();
    assert!(spy.operations().is_empty());
    let changed = copy.verify_stamp(b"new").await.unwrap_err();
    assert!(matches!(changed, SessionError::StampMismatch));
    assert_eq!(spy.operations(), ["load", "delete"]);
    assert_eq!(recent(&browser).await, None);

    let stranger = app.browser().request();
    let nobody = stranger.recent().await.unwrap();
    assert!(nobody.verify_stamp(b"old").await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_log_in_elsewhere_with_a_new_stamp_is_not_ended_by_an_older_copy() {
    let spy = Spy::default();
    let app = spy.app();
    let mut browser = app.browser();
    log_in_with(&mut browser, b"old").await;
    recent(&browser).await;
    let mut other_tab = moved(&browser, &elsewhere(&spy, &app));
    log_in_with(&mut other_tab, b"new").await;

    let session = browser.request();
    let copy = session.recent().await.unwrap();
    assert!(copy.verify_stamp(b"new").await.is_err());
    assert_eq!(principal(&other_tab).await, Some(alice()));
}

async fn log_in_with(browser: &mut TestBrowser, stamp: &[u8]) {
    let mut session = browser.request();
    let log_in = LogIn::new(alice()).with_stamp(stamp);
    session.log_in(log_in).await.unwrap();
    browser.respond(session).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn log_outs_cost_other_sessions_nothing_and_an_end_of_many_sessions_costs_them_a_load() {
    const SESSIONS: usize = 100;
    let spy = Spy::default();
    let app = spy.app();
    let mut members = Vec::new();
    for _ in 0..SESSIONS {
        members.push(member(&spy, &app).await);
    }
    let mut bobs = app.browser();
    log_in(&mut bobs, bob()).await.unwrap();
    for _ in 0..SESSIONS / 2 {
        let mut browser = members.pop().unwrap();
        let mut session = browser.request();
        session.log_out();
        browser.respond(session).await.unwrap();
    }
    spy.operations();
    let loads = loads_of(&members, &spy).await;
    // Two sessions share a counter by chance.
    assert!(loads <= 5, "{loads} loads");

    registry(&app).revoke_all(&bob()).await.unwrap();
    spy.operations();
    assert_eq!(loads_of(&members, &spy).await, SESSIONS / 2);
    assert_eq!(loads_of(&members, &spy).await, 0);
}

/// The number of loads if each of the members reads once.
async fn loads_of(members: &[TestBrowser], spy: &Spy) -> usize {
    for member in members {
        assert_eq!(recent(member).await, Some(alice()));
    }
    spy.operations().len()
}

#[tokio::test]
async fn a_log_in_above_the_limit_ends_the_copy_of_the_oldest_session() {
    let spy = Spy::default();
    let app = spy.app_with(|config| {
        config.log_in.max_sessions_per_principal = NonZeroUsize::new(1);
    });
    let oldest = member(&spy, &app).await;
    app.clock.advance(MINUTE);
    member(&spy, &app).await;
    assert_eq!(recent(&oldest).await, None);
}
