//! The statistics of all sessions in a store.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use session::store::{
    Lifetime, SessionStorageBackend, SessionSummary, SessionsStep, StoreError, WalkCursor,
};
use session::testing::{Answer, Intercepted, Interceptor, Operation, TestApp};
use session::time::UtcDateTime;
use session::{SessionCounter, SessionRegistry, SessionStatistics, SessionStore};
use session_memory::InMemorySessionStore;

use crate::support::*;

async fn statistics(app: &TestApp) -> SessionStatistics {
    let registry = SessionRegistry::new(&app.store, &app.policy);
    registry.statistics(|_| {}).await.unwrap()
}

/// Logs in with a new browser, with a session that outlives the test if it is remembered.
async fn logged_in(app: &TestApp, is_remembered: bool) {
    let mut browser = app.browser();
    let mut session = browser.request();
    let log_in = session::LogIn::new(alice());
    let log_in = match is_remembered {
        true => log_in.remembered(),
        false => log_in,
    };
    session.log_in(log_in).await.unwrap();
    browser.respond(session).await.unwrap();
}

#[tokio::test]
async fn sessions_are_counted_by_their_principals() {
    let spy = Spy::default();
    let app = spy.app();
    browser_with_session(&app).await;
    logged_in(&app, false).await;
    logged_in(&app, true).await;
    spy.operations();
    let counted = statistics(&app).await;
    assert_eq!((counted.logged_in, counted.anonymous), (2, 1));
    assert_eq!(counted.remembered, 1);
    assert_eq!((counted.expired, counted.unreadable), (0, 0));
    assert_eq!(counted.live(), 3);
    assert!(spy.operations().iter().all(|name| *name == "all_sessions"));
}

/// The idle timeout of an anonymous session is shorter.
#[tokio::test]
async fn each_session_expires_by_the_timeouts_of_its_kind() {
    let app = TestApp::new(InMemorySessionStore::new());
    browser_with_session(&app).await;
    logged_in(&app, false).await;
    logged_in(&app, true).await;
    let mut counts = vec![];
    for wait in [3 * HOUR, 2 * DAY, 20 * DAY] {
        app.clock.advance(wait);
        let counted = statistics(&app).await;
        counts.push((counted.logged_in, counted.anonymous, counted.expired));
    }
    assert_eq!(counts, [(2, 0, 1), (1, 0, 2), (0, 0, 3)]);
}

#[tokio::test]
async fn a_shorter_timeout_and_a_cutoff_end_sessions_that_are_in_the_store() {
    let spy = Spy::default();
    let app = spy.app();
    browser_with_session(&app).await;
    logged_in(&app, false).await;
    // A time in the future is refused.
    let soon = app.policy.now() + session::time::Duration::MICROSECOND;
    app.clock.advance(MINUTE);
    let end = |edit: &dyn Fn(&mut session::SessionConfig)| {
        let mut other = spy.app_with(edit);
        other.policy = other.policy.with_clock(app.clock.clone());
        other
    };
    let short = end(&|config| config.state.idle_timeout = MINUTE);
    assert_eq!(statistics(&short).await.expired, 2);
    let short = end(&|config| config.state.anonymous.idle_timeout = Some(MINUTE));
    let counted = statistics(&short).await;
    assert_eq!((counted.logged_in, counted.expired), (1, 1));
    let cut_off = end(&|config| config.state.valid_from = Some(soon));
    assert_eq!(statistics(&cut_off).await.expired, 2);
    assert_eq!(statistics(&app).await.live(), 2);
}

#[tokio::test]
async fn live_sessions_are_grouped_by_their_age() {
    let app = Spy::default().app_with(|config| {
        config.state.idle_timeout = 400 * DAY;
        config.state.absolute_timeout = 400 * DAY;
    });
    // Ages of 120, 20, 2 and 1 days, an hour, and none.
    for wait in [100 * DAY, 18 * DAY, DAY, 23 * HOUR, HOUR, Duration::ZERO] {
        browser_with_session(&app).await;
        app.clock.advance(wait);
    }
    let counted = statistics(&app).await;
    let groups: Vec<_> = counted.ages.iter().map(|group| group.sessions).collect();
    assert_eq!(groups, [1, 1, 2, 1, 0, 1]);
    let pairs = counted.ages.windows(2);
    assert!(
        pairs
            .into_iter()
            .all(|pair| pair[0].until == Some(pair[1].from))
    );
    assert_eq!(counted.ages[0].from, Duration::ZERO);
    assert_eq!(counted.ages.last().unwrap().until, None);
}

#[test]
fn a_session_belongs_to_a_group_from_its_first_age_on() {
    let now = UtcDateTime::UNIX_EPOCH + 400 * DAY;
    let mut counter = SessionCounter::new(now);
    let ages = [HOUR - Duration::from_micros(1), HOUR, 90 * DAY];
    let sessions = (0..).zip(ages).map(|(n, age)| {
        let id = format!("0198c3a4-5f6e-7abc-8def-01234567890{n}");
        SessionSummary::new(id.parse().unwrap(), now - age, now, now, now + DAY)
    });
    let step = SessionsStep {
        sessions: sessions.collect(),
        ..SessionsStep::default()
    };
    counter.add(&step, |_| true);
    let groups = counter.finish().ages.into_iter();
    let groups: Vec<_> = groups.map(|group| group.sessions).collect();
    assert_eq!(groups, [1, 1, 0, 0, 0, 1]);
}

/// Another server, whose clock is ahead, may have created it.
#[test]
fn a_session_from_the_future_belongs_to_the_youngest_group() {
    let now = UtcDateTime::UNIX_EPOCH + 400 * DAY;
    let id = "0198c3a4-5f6e-7abc-8def-012345678900".parse().unwrap();
    let step = SessionsStep {
        sessions: vec![SessionSummary::new(id, now + DAY, now, now, now + DAY)],
        ..SessionsStep::default()
    };
    let mut counter = SessionCounter::new(now);
    counter.add(&step, |_| true);
    let groups = counter.finish().ages.into_iter();
    let groups: Vec<_> = groups.map(|group| group.sessions).collect();
    assert_eq!(groups, [1, 0, 0, 0, 0, 0]);
}

/// The log-in decides, and not the lifetime alone.
#[test]
fn a_session_without_a_log_in_is_not_counted_as_remembered() {
    let now = UtcDateTime::UNIX_EPOCH + 400 * DAY;
    let sessions = (0..).zip([None, Some(now)]).map(|(n, authenticated_at)| {
        let id = format!("0198c3a4-5f6e-7abc-8def-01234567890{n}");
        let mut summary = SessionSummary::new(id.parse().unwrap(), now, now, now, now + DAY);
        summary.authenticated_at = authenticated_at;
        summary.lifetime = Lifetime::Remembered;
        summary
    });
    let step = SessionsStep {
        sessions: sessions.collect(),
        ..SessionsStep::default()
    };
    let mut counter = SessionCounter::new(now);
    counter.add(&step, |_| true);
    let counted = counter.finish();
    assert_eq!(
        (counted.anonymous, counted.logged_in, counted.remembered),
        (1, 1, 1)
    );
}

/// Returns all sessions in each of three steps, the first of which cannot be read.
#[derive(Debug, Default)]
struct Repeating(AtomicU32);

#[async_trait::async_trait]
impl Interceptor for Repeating {
    async fn intercept(
        &self,
        operation: Operation<'_>,
        store: &dyn SessionStorageBackend,
    ) -> Result<Answer, StoreError> {
        let Operation::AllSessions(batch, _) = operation else {
            return operation.run(store).await;
        };
        let (mut sessions, mut from) = (vec![], None);
        loop {
            let step = store.all_sessions(batch, from.as_ref()).await?;
            sessions.extend(step.sessions);
            from = step.next;
            if from.is_none() {
                break;
            }
        }
        sessions.sort_by_key(|summary| summary.id);
        let unreadable = vec![sessions.remove(0).id];
        let is_last = self.0.fetch_add(1, Ordering::SeqCst) == 2;
        let next = (!is_last).then(|| WalkCursor::new([0]));
        Ok(Answer::AllSessions(SessionsStep {
            sessions,
            unreadable,
            next,
        }))
    }
}

#[tokio::test]
async fn a_session_that_the_store_returns_again_is_counted_once() {
    let records = Arc::new(InMemorySessionStore::new());
    let store = SessionStore::new(Intercepted::new(records, Repeating::default()));
    let app = TestApp::new(store);
    for _ in 0..5 {
        browser_with_session(&app).await;
    }
    let mut progress = vec![];
    let registry = SessionRegistry::new(&app.store, &app.policy);
    let counted = registry.statistics(|counted| progress.push(counted)).await;
    let counted = counted.unwrap();
    assert_eq!((counted.anonymous, counted.unreadable), (4, 1));
    assert_eq!(progress, [5, 5, 5]);
}

#[tokio::test]
async fn statistics_of_a_store_that_fails_are_an_error() {
    let spy = Spy::default();
    let app = spy.app();
    spy.behave(Behaviour::Down);
    let registry = SessionRegistry::new(&app.store, &app.policy);
    assert!(registry.statistics(|_| {}).await.is_err());
}
