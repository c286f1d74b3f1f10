//! The limit of sessions per principal.

use std::time::Duration;

use pavex::http::StatusCode;
use session::config::AtLimit;
use session::testing::{TestApp, TestBrowser, set_cookie};
use session::{LogIn, SessionError, SessionRegistry};

use crate::support::*;

fn limited(spy: &Spy, limit: usize, at_limit: AtLimit) -> TestApp {
    spy.app_with(|config| {
        config.log_in.max_sessions_per_principal = limit.try_into().ok();
        config.log_in.at_limit = at_limit;
    })
}

async fn is_logged_in(browser: &TestBrowser) -> bool {
    browser.request().principal().await.unwrap().is_some()
}

/// Logs in with a proof of identity that an identity provider has from two hours ago.
async fn log_in_from_elsewhere(app: &TestApp, browser: &mut TestBrowser) {
    let mut session = browser.request();
    let auth_time = app.clock.now() - 2 * HOUR;
    let log_in = LogIn::new(alice()).with_authenticated_at(auth_time);
    session.log_in(log_in).await.unwrap();
    let response = browser.respond(session).await.unwrap();
    assert!(set_cookie(&response).is_some());
}

#[tokio::test]
async fn a_log_in_with_an_old_proof_ends_the_session_that_was_committed_first() {
    for limit in [1, 2] {
        let app = limited(&Spy::default(), limit, AtLimit::EndOldest);
        let mut browsers = vec![];
        for _ in 0..limit {
            let mut browser = app.browser();
            log_in(&mut browser, alice()).await.unwrap();
            app.clock.advance(10 * MINUTE);
            browsers.push(browser);
        }
        let mut newest = app.browser();
        log_in_from_elsewhere(&app, &mut newest).await;
        assert!(is_logged_in(&newest).await);
        assert!(!is_logged_in(&browsers[0]).await);
        for other in &browsers[1..] {
            assert!(is_logged_in(other).await);
        }
    }
}

/// The visitor's session is older than that of the other device.
#[tokio::test]
async fn a_log_in_into_an_old_session_ends_the_session_that_was_committed_first() {
    let app = limited(&Spy::default(), 1, AtLimit::EndOldest);
    let mut old = browser_with_session(&app).await;
    app.clock.advance(MINUTE);
    let mut other = app.browser();
    log_in(&mut other, alice()).await.unwrap();
    app.clock.advance(Duration::from_micros(1));
    log_in_from_elsewhere(&app, &mut old).await;
    assert!(is_logged_in(&old).await && !is_logged_in(&other).await);
}

#[tokio::test]
async fn a_log_in_whose_session_another_one_ends_before_the_answer_sends_no_cookie() {
    let app = limited(&Spy::default(), 1, AtLimit::EndOldest);
    let (mut first, mut second) = (app.browser(), app.browser());
    let mut session = first.request();
    session.log_in(alice()).await.unwrap();
    session.commit().await.unwrap();
    app.clock.advance(MINUTE);
    log_in(&mut second, alice()).await.unwrap();
    let response = first.respond(session).await.unwrap();
    assert_eq!(set_cookie(&response), None);
    assert!(is_logged_in(&second).await);
}

#[tokio::test]
async fn beyond_the_limit_the_oldest_log_in_ends() {
    let spy = Spy::default();
    let app = limited(&spy, 2, AtLimit::EndOldest);
    // The session that is created first logs in last.
    let mut newest = browser_with_session(&app).await;
    let (mut first, mut second, mut other) = (app.browser(), app.browser(), app.browser());
    for (browser, owner) in [
        (&mut first, alice()),
        (&mut other, bob()),
        (&mut second, alice()),
        (&mut newest, alice()),
    ] {
        app.clock.advance(MINUTE);
        log_in(browser, owner).await.unwrap();
    }
    assert_eq!(principal(&first).await, None);
    assert_eq!(principal(&second).await, Some(alice()));
    assert_eq!(principal(&newest).await, Some(alice()));
    assert_eq!(principal(&other).await, Some(bob()));

    app.clock.advance(MINUTE);
    spy.operations();
    log_in(&mut second, alice()).await.unwrap();
    assert_eq!(spy.operations(), ["load", "replace"], "it adds no session");
    assert_eq!(principal(&newest).await, Some(alice()));
}

#[tokio::test]
async fn a_log_in_that_is_refused_at_the_limit_changes_nothing() {
    let spy = Spy::default();
    let app = limited(&spy, 1, AtLimit::Refuse);
    let (mut first, mut second) = (app.browser(), browser_with_session(&app).await);
    log_in(&mut first, alice()).await.unwrap();
    let refused = log_in(&mut second, alice()).await.unwrap_err();
    assert!(matches!(
        refused,
        SessionError::TooManySessions { limit: 1 }
    ));
    assert_eq!(principal(&second).await, None);
    assert!(second.request().contains_key("theme").await.unwrap());
    log_in(&mut first, alice()).await.unwrap();

    app.clock.advance(31 * DAY);
    log_in(&mut second, alice()).await.unwrap();
    assert_eq!(
        principal(&second).await,
        Some(alice()),
        "expired ones do not count"
    );
}

#[tokio::test]
async fn a_session_that_the_request_ended_does_not_count_towards_the_limit() {
    let spy = Spy::default();
    let mut browser = limited(&spy, 1, AtLimit::Refuse).browser();
    log_in(&mut browser, alice()).await.unwrap();
    let mut session = browser.request();
    session.log_out();
    session.log_in(alice()).await.unwrap();
    browser.respond(session).await.unwrap();
    assert_eq!(principal(&browser).await, Some(alice()));
    assert_eq!(spy.inner().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn parallel_log_ins_do_not_exceed_the_limit() {
    for at_limit in [AtLimit::EndOldest, AtLimit::Refuse] {
        let spy = Spy::default();
        let app = limited(&spy, 3, at_limit);
        let tasks = (0..20).map(|_| {
            let mut browser = app.browser();
            tokio::spawn(async move { log_in(&mut browser, alice()).await })
        });
        for task in tasks.collect::<Vec<_>>() {
            let outcome = task.await.unwrap();
            let refused = matches!(outcome, Err(SessionError::TooManySessions { .. }));
            assert!(outcome.is_ok() || refused, "{outcome:?}");
            assert!(!refused || at_limit == AtLimit::Refuse);
        }
        let live = SessionRegistry::new(&app.store, &app.policy)
            .list(&alice())
            .await;
        let live = live.unwrap().len();
        match at_limit {
            AtLimit::EndOldest => assert_eq!(live, 3),
            _ => assert!(live <= 3, "{live}"),
        }
    }
}

/// Both were under the limit when they began: the second to commit sees both.
#[tokio::test]
async fn a_log_in_that_loses_the_last_place_while_under_way_is_refused() {
    let spy = Spy::default();
    let app = limited(&spy, 1, AtLimit::Refuse);
    let (mut a, mut b) = (app.browser().request(), app.browser().request());
    a.log_in(alice()).await.unwrap();
    b.log_in(alice()).await.unwrap();
    let (mut first, mut second) = (app.browser(), app.browser());
    first.respond(a).await.unwrap();
    let refused = second.respond(b).await.unwrap_err();
    assert!(matches!(
        refused,
        SessionError::TooManySessions { limit: 1 }
    ));
    assert_eq!(second.cookie(), None);
    assert_eq!(principal(&first).await, Some(alice()));
    assert_eq!(spy.inner().len(), 1);
}

#[tokio::test]
async fn a_refused_log_in_whose_deletion_lost_its_answer_is_refused_by_the_next_commit() {
    let spy = Spy::default();
    let mut browser = limited(&spy, 1, AtLimit::Refuse).browser();
    let mut session = browser.request();
    session.log_in(alice()).await.unwrap();
    log_in(&mut spy.app().browser(), alice()).await.unwrap();
    spy.behave(Behaviour::LosingDeletions);
    assert!(session.commit().await.is_err());
    spy.behave(Behaviour::Normal);
    let refused = browser.respond(session).await.unwrap_err();
    assert!(matches!(
        refused,
        SessionError::TooManySessions { limit: 1 }
    ));
    assert_eq!(spy.inner().len(), 1);
}

#[tokio::test]
async fn a_second_log_in_whose_session_ends_meanwhile_counts_as_a_new_one() {
    let spy = Spy::default();
    let app = limited(&spy, 1, AtLimit::EndOldest);
    let (mut laptop, mut phone) = (app.browser(), app.browser());
    log_in(&mut laptop, alice()).await.unwrap();
    app.clock.advance(MINUTE);
    log_in(&mut phone, alice()).await.unwrap();
    assert_eq!(principal(&laptop).await, None);

    app.clock.advance(MINUTE);
    let mut session = phone.request();
    session.log_in(alice()).await.unwrap();
    log_in(&mut laptop, alice()).await.unwrap();
    app.clock.advance(MINUTE);
    phone.respond(session).await.unwrap();
    assert_eq!(spy.inner().len(), 1);
}

#[tokio::test]
async fn a_log_in_whose_limit_could_not_be_checked_is_checked_by_the_next_commit() {
    let spy = Spy::default();
    let app = limited(&spy, 1, AtLimit::EndOldest);
    let (mut first, mut second) = (app.browser(), app.browser());
    log_in(&mut first, alice()).await.unwrap();
    app.clock.advance(MINUTE);
    let mut session = second.request();
    session.log_in(alice()).await.unwrap();
    spy.behave(Behaviour::FailingLists);
    assert!(session.commit().await.is_err());
    spy.behave(Behaviour::Normal);
    second.respond(session).await.unwrap();
    assert_eq!(principal(&second).await, Some(alice()));
    assert_eq!(principal(&first).await, None);
}

/// Alice's limit is exceeded by others while her own log-in waits for the check.
#[tokio::test]
async fn the_limit_of_an_ended_log_in_does_not_end_the_session_that_follows_it() {
    let spy = Spy::default();
    let limited = limited(&spy, 1, AtLimit::Refuse);
    let unlimited = spy.app();
    let mut browser = limited.browser();
    let mut session = browser.request();
    session.log_in(alice()).await.unwrap();
    spy.behave(Behaviour::FailingLists);
    assert!(session.commit().await.is_err());
    spy.behave(Behaviour::Normal);
    for _ in 0..2 {
        log_in(&mut unlimited.browser(), alice()).await.unwrap();
    }

    spy.operations();
    session.log_out();
    session.insert("notice", "goodbye").await.unwrap();
    browser.respond(session).await.unwrap();
    assert_eq!(spy.operations(), ["delete", "create"]);
    assert!(browser.request().contains_key("notice").await.unwrap());
}

/// The list of sessions is out of date by the time that the oldest one is deleted.
#[tokio::test]
async fn a_session_that_logs_in_again_while_the_limit_is_enforced_is_not_the_oldest_any_more() {
    let spy = Spy::default();
    let app = limited(&spy, 2, AtLimit::EndOldest);
    let (mut first, mut second) = (app.browser(), app.browser());
    for browser in [&mut first, &mut second] {
        log_in(browser, alice()).await.unwrap();
        app.clock.advance(MINUTE);
    }
    spy.operations();
    let gate = spy.gate();
    let mut third = app.browser();
    let log_in_of_third = tokio::spawn(async move {
        log_in(&mut third, alice()).await.unwrap();
        third
    });
    // Of the creation and of the list.
    gate.add_permits(4);
    let mut operations = vec![];
    while !operations.contains(&"delete") {
        tokio::task::yield_now().await;
        operations.extend(spy.operations());
    }
    spy.behave(Behaviour::Normal);
    app.clock.advance(MINUTE);
    log_in(&mut first, alice()).await.unwrap();
    gate.add_permits(2);
    let third = log_in_of_third.await.unwrap();
    assert!(is_logged_in(&first).await);
    assert!(!is_logged_in(&second).await);
    assert!(is_logged_in(&third).await);
}

#[tokio::test]
async fn the_oldest_session_ends_at_the_limit_even_if_its_record_cannot_be_read() {
    let spy = Spy::default();
    let app = limited(&spy, 1, AtLimit::EndOldest);
    log_in(&mut app.browser(), alice()).await.unwrap();
    app.clock.advance(MINUTE);
    let mut browser = app.browser();
    let mut session = browser.request();
    session.log_in(alice()).await.unwrap();
    spy.behave(Behaviour::UnreadableRecords);
    session.commit().await.unwrap();
    spy.behave(Behaviour::Normal);
    browser.respond(session).await.unwrap();
    assert!(is_logged_in(&browser).await);
    assert_eq!(spy.inner().len(), 1);
}

#[tokio::test]
async fn a_log_in_whose_refusal_lost_its_answer_stays_refused_whatever_is_written_afterwards() {
    let spy = Spy::default();
    let app = limited(&spy, 1, AtLimit::Refuse);
    let mut browser = app.browser();
    let mut session = browser.request();
    session.log_in(alice()).await.unwrap();
    let rival = spy.app();
    log_in(&mut rival.browser(), alice()).await.unwrap();
    spy.behave(Behaviour::LosingDeletions);
    assert!(matches!(
        session.commit().await,
        Err(SessionError::Store(_))
    ));
    spy.behave(Behaviour::Normal);
    session.insert("a", &1).await.unwrap();
    let refused = session.commit().await;
    assert!(
        matches!(refused, Err(SessionError::TooManySessions { limit: 1 })),
        "{refused:?}"
    );
    let response = browser.respond(session).await.unwrap();
    assert_eq!(set_cookie(&response), None);
    assert_eq!(spy.inner().len(), 1);
}

/// Its commit begins before that of the other log-in, and finds its session gone afterwards.
#[tokio::test]
async fn a_log_in_that_starts_over_after_another_one_is_the_later_of_the_two() {
    let spy = Spy::default();
    let app = limited(&spy, 1, AtLimit::EndOldest);
    let (mut first, mut second) = (app.browser(), app.browser());
    log_in(&mut first, alice()).await.unwrap();
    let mut session = first.request();
    session.log_in(alice()).await.unwrap();
    let gate = spy.gate();
    let sender = first.clone();
    let late = tokio::spawn(async move { sender.respond_with(StatusCode::OK, session).await });
    while !spy.operations().contains(&"replace") {
        tokio::task::yield_now().await;
    }
    spy.behave(Behaviour::Normal);
    app.clock.advance(MINUTE);
    log_in(&mut second, alice()).await.unwrap();
    app.clock.advance(MINUTE);
    gate.add_permits(2);
    first.receive(&late.await.unwrap().unwrap());
    assert!(is_logged_in(&first).await && !is_logged_in(&second).await);
}

/// Such cookies come from two paths or domains.
#[tokio::test]
async fn sessions_of_further_cookies_that_the_request_ends_do_not_count() {
    for logs_out in [false, true] {
        let spy = Spy::default();
        let app = limited(&spy, 1, AtLimit::Refuse);
        let (mut older, mut newer) = (app.browser(), app.browser());
        log_in(&mut older, alice()).await.unwrap();
        app.clock.advance(MINUTE);
        log_in(&mut newer, bob()).await.unwrap();
        let pairs = [&older, &newer].map(|it| it.cookie().unwrap());
        let mut session = app.session(&head_with(pairs.join("; ")));
        if logs_out {
            session.log_out();
        }
        session.log_in(alice()).await.unwrap();
        app.browser().respond(session).await.unwrap();
        assert_eq!(spy.inner().len(), 1, "{logs_out}");
    }
}

#[tokio::test]
async fn a_session_counts_that_a_further_cookie_of_the_request_cannot_end() {
    let app = limited(&Spy::default(), 1, AtLimit::Refuse);
    let mut elsewhere = app.browser();
    log_in(&mut elsewhere, alice()).await.unwrap();
    let old = elsewhere.clone();
    let mut session = elsewhere.request();
    app.clock.advance(MINUTE);
    session.renew();
    elsewhere.respond(session).await.unwrap();
    app.clock.advance(MINUTE);
    let mut newer = app.browser();
    log_in(&mut newer, bob()).await.unwrap();
    let pairs = [&old, &newer].map(|it| it.cookie().unwrap());
    let mut session = app.session(&head_with(pairs.join("; ")));
    let refused = session.log_in(alice()).await;
    assert!(matches!(
        refused,
        Err(SessionError::TooManySessions { limit: 1 })
    ));
    app.browser().respond(session).await.unwrap();
    assert_eq!(principal(&newer).await, Some(bob()));
}
