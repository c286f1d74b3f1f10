//! Log-ins that choose the lifetime of their session.

use std::time::Duration;

use pavex::Response;
use pavex::http::StatusCode;
use session::config::{CookiePersistence, RecordCreation, SessionConfig};
use session::fresh::{FiveMinutes, Fresh, FreshError};
use session::store::{Lifetime, SessionRecord, SessionStorageBackend, SessionSummary};
use session::testing::{TestApp, TestBrowser, set_cookie};
use session::{LogIn, Principal, SessionError, SessionPolicy, SessionRegistry};

use crate::support::*;

/// A log-in that chooses no lifetime.
fn undecided() -> LogIn {
    LogIn::new(alice())
}

fn remembered() -> LogIn {
    undecided().remembered()
}

fn for_this_browser_session() -> LogIn {
    undecided().for_this_browser_session()
}

/// Logs in with one request. Returns the response, which the browser has received.
async fn logged_in(browser: &mut TestBrowser, log_in: LogIn) -> Response {
    let mut session = browser.request();
    session.log_in(log_in).await.unwrap();
    browser.respond(session).await.unwrap()
}

/// Sends a request that loads the session.
async fn visit(browser: &mut TestBrowser) -> Response {
    let session = browser.request();
    session.force_load().await.unwrap();
    browser.respond(session).await.unwrap()
}

fn max_age(response: &Response) -> Option<Duration> {
    let (_, max_age) = set_cookie(response)?.split_once("Max-Age=")?;
    max_age.parse().ok().map(Duration::from_secs)
}

async fn stored(spy: &Spy, browser: &TestBrowser) -> SessionRecord {
    let id = browser.request().id().unwrap();
    let record = spy.inner().load(id).await.unwrap().unwrap();
    (*record).clone()
}

async fn listed(app: &TestApp) -> Vec<SessionSummary> {
    let registry = SessionRegistry::new(&app.store, &app.policy);
    registry.list(&alice()).await.unwrap()
}

/// Checks the lifetime in record and list, and the deadline of record, list and cookie.
async fn lives(
    lifetime: Lifetime,
    left: Duration,
    spy: &Spy,
    app: &TestApp,
    browser: &TestBrowser,
) {
    let record = stored(spy, browser).await;
    assert_eq!(record.lifetime, lifetime);
    let deadline = app.clock.now() + left;
    assert_eq!(
        browser.request().expires_at(),
        Some(deadline),
        "by the cookie"
    );
    let session = browser.request();
    session.force_load().await.unwrap();
    assert_eq!(session.expires_at(), Some(deadline), "by the record");
    let listed = listed(app).await;
    let listed = listed.iter().find(|summary| summary.id == record.id);
    let listed = listed.map(|summary| (summary.lifetime, summary.expires_at));
    assert_eq!(listed, Some((lifetime, deadline)));
}

#[tokio::test]
async fn each_lifetime_has_its_deadline_and_its_cookie() {
    for persistence in [
        CookiePersistence::Persistent,
        CookiePersistence::BrowserSession,
    ] {
        let is_kept = persistence == CookiePersistence::Persistent;
        for (log_in, lifetime, left, is_kept) in [
            (undecided(), Lifetime::Ordinary, DAY, is_kept),
            (remembered(), Lifetime::Remembered, 14 * DAY, true),
            (
                for_this_browser_session(),
                Lifetime::BrowserSession,
                DAY,
                false,
            ),
        ] {
            let spy = Spy::default();
            let app = spy.app_with(|config| config.cookie.persistence = persistence);
            let mut browser = app.browser();
            let response = logged_in(&mut browser, log_in).await;
            assert_eq!(max_age(&response), is_kept.then_some(left), "{lifetime:?}");
            lives(lifetime, left, &spy, &app, &browser).await;

            browser.restart();
            let owner = principal(&browser).await;
            assert_eq!(owner, is_kept.then(alice), "{lifetime:?}");
        }
    }
}

#[tokio::test]
async fn a_visitor_who_logs_in_for_this_browser_session_loses_the_cookie_that_was_kept() {
    let mut browser = browser_with_session(&Spy::default().app()).await;
    logged_in(&mut browser, for_this_browser_session()).await;
    assert_eq!(principal(&browser).await, Some(alice()));
    browser.restart();
    assert_eq!(browser.cookie(), None);
}

#[tokio::test]
async fn the_choice_survives_extensions_writes_and_renewals() {
    for (log_in, lifetime, idle) in [
        (remembered(), Lifetime::Remembered, 14 * DAY),
        (for_this_browser_session(), Lifetime::BrowserSession, DAY),
    ] {
        let spy = Spy::default();
        let app = spy.app_with(|config| config.state.renew_every = Some(6 * DAY));
        let mut browser = app.browser();
        logged_in(&mut browser, log_in).await;
        let is_kept = |response: &Response| max_age(response).is_some();
        let expected = lifetime == Lifetime::Remembered;
        app.clock.advance(idle / 4);
        spy.operations();
        let extended = visit(&mut browser).await;
        assert_eq!(spy.operations(), ["load", "touch"]);
        assert_eq!(is_kept(&extended), expected);
        lives(lifetime, idle, &spy, &app, &browser).await;

        app.clock.advance(idle / 4);
        let mut session = browser.request();
        session.insert("theme", "dark").await.unwrap();
        let written = browser.respond(session).await.unwrap();
        assert_eq!(is_kept(&written), expected);
        lives(lifetime, idle, &spy, &app, &browser).await;

        let mut session = browser.request();
        session.renew();
        let renewed = browser.respond(session).await.unwrap();
        assert_eq!(is_kept(&renewed), expected);
        lives(lifetime, idle, &spy, &app, &browser).await;
    }
}

#[tokio::test]
async fn the_choice_survives_a_renewal_on_a_timer() {
    let spy = Spy::default();
    let app = spy.app_with(|config| config.state.renew_every = Some(DAY));
    let mut browser = app.browser();
    logged_in(&mut browser, remembered()).await;
    let mut late = browser.clone();
    app.clock.advance(3 * DAY);
    spy.operations();
    visit(&mut browser).await;
    assert_eq!(spy.operations(), ["load", "replace"]);
    lives(Lifetime::Remembered, 14 * DAY, &spy, &app, &browser).await;
    // It collects the new secret with the previous one.
    let collected = visit(&mut late).await;
    assert_eq!(max_age(&collected), Some(14 * DAY));
}

#[tokio::test]
async fn changes_that_repeat_on_another_commit_keep_the_choice() {
    let spy = Spy::default();
    let app = spy.app();
    let browser = browser_with_session(&app).await;
    let mut writer = browser.request();
    writer.insert("n", &1).await.unwrap();
    let mut log_in_request = browser.request();
    log_in_request.log_in(remembered()).await.unwrap();
    browser.clone().respond(writer).await.unwrap();
    // The log-in repeats on what the writer has left.
    let mut browser = browser.clone();
    let response = browser.respond(log_in_request).await.unwrap();
    assert_eq!(max_age(&response), Some(14 * DAY));
    lives(Lifetime::Remembered, 14 * DAY, &spy, &app, &browser).await;

    let mut slow = browser.request();
    slow.insert("slow", &1).await.unwrap();
    let mut session = browser.request();
    session.insert("fast", &1).await.unwrap();
    browser.respond(session).await.unwrap();
    browser.respond(slow).await.unwrap();
    lives(Lifetime::Remembered, 14 * DAY, &spy, &app, &browser).await;
}

#[tokio::test]
async fn no_use_moves_the_absolute_deadline_and_a_log_in_does() {
    let app = Spy::default().app_with(|config| {
        config.state.anonymous.absolute_timeout = Some(2 * DAY);
        config.log_in.remembered.absolute_timeout = Some(60 * DAY);
    });
    let mut browser = app.browser();
    let end = async |browser: &TestBrowser| browser.request().absolute_deadline().await.unwrap();
    assert_eq!(end(&browser).await, None);
    let mut session = browser.request();
    session.insert("theme", "dark").await.unwrap();
    assert_eq!(session.absolute_deadline().await.unwrap(), None);
    browser.respond(session).await.unwrap();
    let id = browser.request().id().unwrap();
    assert_eq!(end(&browser).await, Some(id.created_at() + 2 * DAY));
    for (log_in, days) in [(undecided(), 30), (remembered(), 60)] {
        app.clock.advance(HOUR);
        logged_in(&mut browser, log_in).await;
        let by_log_in = Some(app.clock.now() + days * DAY);
        app.clock.advance(6 * HOUR);
        visit(&mut browser).await;
        assert_eq!(end(&browser).await, by_log_in);
    }
}

#[tokio::test]
async fn the_absolute_deadline_of_a_session_without_a_record_counts_from_its_beginning() {
    let app = Spy::default().app_with(|config| {
        config.state.record = RecordCreation::IfServerSide;
        config.state.anonymous.absolute_timeout = Some(2 * DAY);
    });
    let mut browser = app.browser();
    let mut session = browser.request();
    session.client_mut().insert("language", "de").unwrap();
    browser.respond(session).await.unwrap();
    let session = browser.request();
    let end = session.id().unwrap().created_at() + 2 * DAY;
    assert_eq!(session.absolute_deadline().await.unwrap(), Some(end));
}

#[tokio::test]
async fn no_use_extends_a_remembered_session_beyond_its_absolute_timeout() {
    let spy = Spy::default();
    let app = spy.app();
    let mut browser = app.browser();
    logged_in(&mut browser, remembered()).await;
    let end = app.clock.now() + 30 * DAY;
    for day in 1..30 {
        app.clock.advance(DAY);
        visit(&mut browser).await;
        assert_eq!(principal(&browser).await, Some(alice()), "day {day}");
        let record = stored(&spy, &browser).await;
        assert!(record.expires_at <= end);
        assert_eq!(browser.request().expires_at(), Some(record.expires_at));
    }
    lives(Lifetime::Remembered, DAY, &spy, &app, &browser).await;
    app.clock.advance(DAY);
    assert_eq!(principal(&browser).await, None);
}

#[tokio::test]
async fn a_remembered_session_ends_after_its_own_idle_timeout() {
    let app = Spy::default().app();
    let mut browser = app.browser();
    logged_in(&mut browser, remembered()).await;
    app.clock.advance(14 * DAY - MINUTE);
    assert_eq!(principal(&browser).await, Some(alice()));
    app.clock.advance(MINUTE);
    assert_eq!(principal(&browser.clone().ignoring_expiry()).await, None);
    assert!(listed(&app).await.is_empty());
}

#[tokio::test]
async fn a_remembered_session_costs_no_more_operations_than_others() {
    let spy = Spy::default();
    let app = spy.app();
    let mut browser = app.browser();
    logged_in(&mut browser, remembered()).await;
    assert_eq!(spy.operations(), ["create"]);
    browser.respond(browser.request()).await.unwrap();
    assert!(spy.operations().is_empty());
    let response = visit(&mut browser).await;
    assert_eq!(spy.operations(), ["load"]);
    assert_eq!(set_cookie(&response), None);
    let mut session = browser.request();
    session.insert("theme", "dark").await.unwrap();
    browser.respond(session).await.unwrap();
    assert_eq!(spy.operations(), ["load", "replace"]);
}

#[tokio::test]
async fn a_second_log_in_keeps_the_choice_unless_it_chooses_itself() {
    let spy = Spy::default();
    let app = spy.app();
    let mut browser = app.browser();
    for (log_in, lifetime, left) in [
        (remembered(), Lifetime::Remembered, 14 * DAY),
        (undecided(), Lifetime::Remembered, 14 * DAY),
        (for_this_browser_session(), Lifetime::BrowserSession, DAY),
        (undecided(), Lifetime::BrowserSession, DAY),
        (remembered(), Lifetime::Remembered, 14 * DAY),
    ] {
        app.clock.advance(HOUR);
        let response = logged_in(&mut browser, log_in).await;
        let is_kept = lifetime == Lifetime::Remembered;
        assert_eq!(max_age(&response), is_kept.then_some(left));
        let record = stored(&spy, &browser).await;
        assert_eq!(record.lifetime, lifetime);
        // Stores never move a deadline back; the policy shortens it on each load.
        lives(lifetime, left, &spy, &app, &browser).await;
    }
}

#[tokio::test]
async fn a_session_that_is_not_remembered_any_more_ends_after_the_ordinary_idle_timeout() {
    let app = Spy::default().app();
    let mut browser = app.browser();
    logged_in(&mut browser, remembered()).await;
    logged_in(&mut browser, for_this_browser_session()).await;
    app.clock.advance(23 * HOUR);
    visit(&mut browser).await;
    app.clock.advance(23 * HOUR);
    assert_eq!(principal(&browser).await, Some(alice()));
    app.clock.advance(HOUR);
    assert_eq!(principal(&browser).await, None);
    assert!(listed(&app).await.is_empty());
}

/// Writes a value, and checks that record and cookie have the same deadline afterwards.
async fn write_moves_both_deadlines(spy: &Spy, app: &TestApp, browser: &mut TestBrowser) {
    spy.operations();
    let mut session = browser.request();
    session
        .update("n", |n: Option<u32>| n.unwrap_or(0) + 1)
        .await
        .unwrap();
    browser.respond(session).await.unwrap();
    assert_eq!(spy.operations(), ["load", "replace"]);
    let by_cookie = browser.request().expires_at();
    assert_eq!(by_cookie, Some(app.clock.now() + DAY));
    let session = browser.request();
    session.force_load().await.unwrap();
    assert_eq!(session.expires_at(), by_cookie);
}

#[tokio::test]
async fn a_write_to_a_session_that_is_not_remembered_any_more_moves_record_and_cookie() {
    let spy = Spy::default();
    let app = spy.app();
    let mut browser = app.browser();
    logged_in(&mut browser, remembered()).await;
    let mut session = browser.request();
    session.log_in(for_this_browser_session()).await.unwrap();
    session.commit().await.unwrap();
    // The handler goes on for a while, and the end of its request writes once more.
    app.clock.advance(HOUR);
    session.insert("late", &true).await.unwrap();
    browser.respond(session).await.unwrap();
    assert_eq!(browser.request().expires_at(), Some(app.clock.now() + DAY));
    for _ in 0..2 {
        app.clock.advance(2 * HOUR);
        write_moves_both_deadlines(&spy, &app, &mut browser).await;
    }
    app.clock.advance(10 * HOUR);
    visit(&mut browser).await;
    app.clock.advance(2 * HOUR);
    write_moves_both_deadlines(&spy, &app, &mut browser).await;
    app.clock.advance(DAY);
    assert_eq!(principal(&browser.clone().ignoring_expiry()).await, None);
}

#[tokio::test]
async fn a_write_after_a_shorter_timeout_was_configured_moves_record_and_cookie() {
    let spy = Spy::default();
    let app = spy.app_with(|config| config.state.idle_timeout = 7 * DAY);
    let mut restarted = app.clone();
    let policy = SessionPolicy::new(&SessionConfig::default(), &app.cookies).unwrap();
    restarted.policy = policy.with_clock(app.clock.clone());
    let response = logged_in(&mut app.browser(), undecided()).await;
    let mut browser = restarted.browser();
    browser.receive(&response);
    for _ in 0..3 {
        app.clock.advance(2 * HOUR);
        write_moves_both_deadlines(&spy, &restarted, &mut browser).await;
    }
}

#[tokio::test]
async fn two_log_ins_in_one_request_keep_the_choice_of_the_first() {
    let spy = Spy::default();
    let app = spy.app();
    let mut browser = app.browser();
    let mut session = browser.request();
    session.log_in(remembered()).await.unwrap();
    session.log_in(undecided()).await.unwrap();
    browser.respond(session).await.unwrap();
    lives(Lifetime::Remembered, 14 * DAY, &spy, &app, &browser).await;
}

#[tokio::test]
async fn the_choice_ends_with_the_session() {
    let spy = Spy::default();
    let app = spy.app();
    let mut browser = app.browser();
    logged_in(&mut browser, for_this_browser_session()).await;
    let mut session = browser.request();
    session.insert("cart", &[1]).await.unwrap();
    session.log_out_keeping(["cart"]).await.unwrap();
    let response = browser.respond(session).await.unwrap();
    assert_eq!(
        max_age(&response),
        Some(DAY),
        "the visitor's cookie is kept"
    );
    assert_eq!(stored(&spy, &browser).await.lifetime, Lifetime::Ordinary);

    logged_in(&mut browser, remembered()).await;
    // It ends the session of the other principal.
    let response = logged_in(&mut browser, LogIn::new(bob())).await;
    assert_eq!(max_age(&response), Some(DAY));
    assert_eq!(stored(&spy, &browser).await.lifetime, Lifetime::Ordinary);
}

#[tokio::test]
async fn a_log_in_whose_session_was_revoked_meanwhile_keeps_only_its_own_choice() {
    for (log_in, lifetime, left) in [
        (remembered(), Lifetime::Remembered, 14 * DAY),
        (undecided(), Lifetime::Ordinary, DAY),
    ] {
        let spy = Spy::default();
        let app = spy.app();
        let mut browser = app.browser();
        logged_in(&mut browser, remembered()).await;
        let mut session = browser.request();
        session.log_in(log_in).await.unwrap();
        let registry = SessionRegistry::new(&app.store, &app.policy);
        registry.revoke_all(&alice()).await.unwrap();
        browser.respond(session).await.unwrap();
        lives(lifetime, left, &spy, &app, &browser).await;
    }
}

/// Sends two log-ins with one cookie. Returns the browser before their answers, and the answers.
async fn parallel(app: &TestApp, choices: [LogIn; 2]) -> (TestBrowser, [Response; 2]) {
    let browser = browser_with_session(app).await;
    let [mut first, mut second] = [browser.request(), browser.request()];
    let [first_choice, second_choice] = choices;
    first.log_in(first_choice).await.unwrap();
    second.log_in(second_choice).await.unwrap();
    let first = browser.respond_with(StatusCode::OK, first).await.unwrap();
    let second = browser.respond_with(StatusCode::OK, second).await.unwrap();
    (browser, [first, second])
}

#[tokio::test]
async fn parallel_log_ins_share_the_last_choice_whatever_the_order_of_their_answers() {
    for (choices, lifetime, left) in [
        ([remembered(), undecided()], Lifetime::Remembered, 14 * DAY),
        ([undecided(), remembered()], Lifetime::Remembered, 14 * DAY),
        (
            [remembered(), for_this_browser_session()],
            Lifetime::BrowserSession,
            DAY,
        ),
        (
            [for_this_browser_session(), remembered()],
            Lifetime::Remembered,
            14 * DAY,
        ),
    ] {
        for is_swapped in [false, true] {
            let spy = Spy::default();
            let app = spy.app();
            let (mut browser, mut answers) = parallel(&app, choices.clone()).await;
            if is_swapped {
                answers.reverse();
            }
            answers.iter().for_each(|answer| browser.receive(answer));
            assert_eq!(listed(&app).await.len(), 1);
            // A cookie with the choice of the other log-in is replaced at the next use.
            visit(&mut browser).await;
            lives(lifetime, left, &spy, &app, &browser).await;
            spy.operations();
            visit(&mut browser).await;
            assert_eq!(
                spy.operations(),
                ["load"],
                "the cookie agrees with the record"
            );
            browser.restart();
            let is_kept = lifetime == Lifetime::Remembered;
            assert_eq!(principal(&browser).await, is_kept.then(alice));
        }
    }
}

#[tokio::test]
async fn a_lost_answer_leaves_the_deadline_of_the_choice_in_the_cookie() {
    let spy = Spy::default();
    let app = spy.app();
    let mut browser = app.browser();
    logged_in(&mut browser, remembered()).await;
    let mut session = browser.request();
    session.log_in(for_this_browser_session()).await.unwrap();
    spy.behave(Behaviour::LosingAnswers);
    let outcome = session.commit().await;
    assert!(
        matches!(outcome, Err(SessionError::Store(_))),
        "{outcome:?}"
    );
    spy.behave(Behaviour::Normal);
    spy.operations();
    let response = browser.respond(session).await.unwrap();
    assert_eq!(spy.operations(), ["load"], "no deadline is to be moved");
    assert!(set_cookie(&response).is_some());
    lives(Lifetime::BrowserSession, DAY, &spy, &app, &browser).await;
}

/// A configuration that NIST's level 2 allows: no log-in is remembered.
fn strict(config: &mut SessionConfig) {
    config.log_in.allow_remembered = false;
    config.cookie.persistence = CookiePersistence::BrowserSession;
}

#[tokio::test]
async fn a_log_in_is_not_remembered_where_the_configuration_forbids_it() {
    let spy = Spy::default();
    let app = spy.app_with(strict);
    let mut browser = app.browser();
    let response = logged_in(&mut browser, remembered()).await;
    assert_eq!(max_age(&response), None);
    lives(Lifetime::Ordinary, DAY, &spy, &app, &browser).await;
}

#[tokio::test]
async fn a_remembered_session_is_shortened_once_the_configuration_forbids_it() {
    let spy = Spy::default();
    let app = spy.app();
    let mut config = SessionConfig::default();
    strict(&mut config);
    let policy = SessionPolicy::new(&config, &app.cookies).unwrap();
    let mut restarted = app.clone();
    restarted.policy = policy.with_clock(app.clock.clone());
    for (wait, is_alive) in [(23 * HOUR, true), (25 * HOUR, false)] {
        let response = logged_in(&mut app.browser(), remembered()).await;
        app.clock.advance(wait);
        let mut browser = restarted.browser();
        browser.receive(&response);
        let response = visit(&mut browser).await;
        assert_eq!(principal(&browser).await.is_some(), is_alive);
        assert_eq!(max_age(&response), (!is_alive).then_some(Duration::ZERO));
        if is_alive {
            assert_eq!(browser.request().expires_at(), Some(app.clock.now() + DAY));
            browser.restart();
            assert_eq!(browser.cookie(), None);
        }
    }
}

#[tokio::test]
async fn the_age_of_a_proof_is_limited_by_the_lifetime_that_the_session_has() {
    let app = Spy::default().app_with(|config| {
        config.state.idle_timeout = HOUR;
        config.state.absolute_timeout = 12 * HOUR;
    });
    let from_yesterday = |log_in: LogIn| log_in.with_authenticated_at(app.clock.now() - DAY);
    let mut browser = app.browser();
    let refused = browser.request().log_in(from_yesterday(undecided())).await;
    assert!(matches!(refused, Err(SessionError::ProofTooOld)));
    let refused = from_yesterday(for_this_browser_session());
    let refused = browser.request().log_in(refused).await;
    assert!(matches!(refused, Err(SessionError::ProofTooOld)));

    logged_in(&mut browser, from_yesterday(remembered())).await;
    logged_in(&mut browser, from_yesterday(undecided())).await;
    assert_eq!(principal(&browser).await, Some(alice()));
    let other = LogIn::new(bob()).with_authenticated_at(app.clock.now() - DAY);
    let mut session = browser.request();
    let refused = session.log_in(other).await;
    assert!(matches!(refused, Err(SessionError::ProofTooOld)));
    assert_eq!(session.principal().await.unwrap(), Some(alice()));
}

#[tokio::test]
async fn a_remembered_session_is_fresh_for_as_long_as_any_other() {
    let app = Spy::default().app();
    let mut browser = app.browser();
    logged_in(&mut browser, remembered()).await;
    let fresh = async |browser: &TestBrowser| {
        Fresh::<Principal, FiveMinutes>::new(alice(), &browser.request(), &app.policy).await
    };
    assert!(fresh(&browser).await.is_ok());
    app.clock.advance(HOUR);
    let outcome = fresh(&browser).await;
    assert!(matches!(outcome, Err(FreshError::NotFresh)));
}
