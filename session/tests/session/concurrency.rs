//! Parallel requests of one browser (invariants I3 and I4).

use pavex::http::Method;
use session::SessionError;
use session::config::TokenReuse;
use session::testing::{TestApp, TestBrowser, set_cookie};

use crate::support::*;

async fn join_all(tasks: Vec<tokio::task::JoinHandle<()>>) {
    for task in tasks {
        task.await.unwrap();
    }
}

async fn increment(mut browser: TestBrowser, key: String) {
    let mut session = browser.request();
    session
        .update(key, |n: Option<u32>| n.unwrap_or(0) + 1)
        .await
        .unwrap();
    browser.respond(session).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_hundred_parallel_increments_give_a_hundred() {
    let browser = browser_with_session(&Spy::default().app()).await;
    let tasks = (0..100).map(|_| tokio::spawn(increment(browser.clone(), "n".into())));
    join_all(tasks.collect()).await;
    let n = browser.request().get::<u32>("n").await.unwrap();
    assert_eq!(n, Some(100));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_parallel_write_to_another_key_is_lost() {
    let browser = browser_with_session(&Spy::default().app()).await;
    let tasks = (0..50).map(|i| tokio::spawn(increment(browser.clone(), format!("key {i}"))));
    join_all(tasks.collect()).await;
    let session = browser.request();
    assert_eq!(session.entries().await.unwrap().count(), 51);
}

#[tokio::test]
async fn rivals_that_read_the_same_revision_are_merged_by_key() {
    let spy = Spy::default();
    let browser = browser_with_session(&spy.app()).await;
    let (mut a, mut b) = (browser.request(), browser.request());
    a.insert("a", &1).await.unwrap();
    a.update("n", |n: Option<u32>| n.unwrap_or(0) + 1)
        .await
        .unwrap();
    b.insert("b", &1).await.unwrap();
    b.remove("theme").await.unwrap();
    b.update("n", |n: Option<u32>| n.unwrap_or(0) + 1)
        .await
        .unwrap();
    a.commit().await.unwrap();
    spy.operations();
    b.commit().await.unwrap();
    assert_eq!(spy.operations(), ["replace", "load", "replace"]);
    let session = browser.request();
    let entries = session.entries().await.unwrap();
    let entries: Vec<_> = entries.map(|(key, value)| (key, value.get())).collect();
    assert_eq!(entries, [("a", "1"), ("b", "1"), ("n", "2")]);
}

#[tokio::test]
async fn a_writer_that_lost_to_the_end_keeps_its_response_and_sends_no_cookie() {
    let spy = Spy::default();
    let browser = browser_with_session(&spy.app()).await;
    let mut writer = browser.request();
    writer.insert("user_id", &7).await.unwrap();
    writer.renew();
    let mut logout = browser.request();
    logout.invalidate();
    logout.commit().await.unwrap();
    let mut after = browser.clone();
    let response = after.respond(writer).await.unwrap();
    assert!(set_cookie(&response).is_none());
    assert_eq!(spy.inner().len(), 0, "nothing was re-created");
}

#[tokio::test]
async fn a_request_under_way_at_a_renewal_does_not_replace_its_cookie() {
    let spy = Spy::default();
    let mut browser = browser_with_session(&spy.app()).await;
    let under_way = browser.request();
    let mut not_loaded_yet = browser.request();
    let mut login = browser.request();
    login.insert("user_id", &7).await.unwrap();
    login.renew();
    browser.respond(login).await.unwrap();

    let mut loaded = under_way;
    loaded.insert("a", &1).await.unwrap();
    let response = browser.clone().respond(loaded).await.unwrap();
    assert!(set_cookie(&response).is_none());
    not_loaded_yet.insert("b", &1).await.unwrap();
    let response = browser.clone().respond(not_loaded_yet).await.unwrap();
    assert!(set_cookie(&response).is_none());

    let session = browser.request();
    assert_eq!(session.get::<u64>("user_id").await.unwrap(), Some(7));
    assert!(
        !session.contains_key("a").await.unwrap(),
        "the old token writes nothing"
    );
}

#[tokio::test]
async fn an_upload_during_which_its_user_logs_in_again_logs_nobody_out() {
    for on_token_reuse in [TokenReuse::Reject, TokenReuse::Revoke] {
        upload_while(on_token_reuse, async |_, browser| {
            log_in(browser, alice()).await.unwrap();
        })
        .await;
    }
}

#[tokio::test]
async fn an_upload_during_which_its_secret_is_renewed_logs_nobody_out() {
    for on_token_reuse in [TokenReuse::Reject, TokenReuse::Revoke] {
        upload_while(on_token_reuse, async |app, browser| {
            app.clock.advance(HOUR);
            let session = browser.request();
            session.force_load().await.unwrap();
            browser.respond(session).await.unwrap();
        })
        .await;
    }
}

/// A request without a body is not read for long, and reading the clock has a cost.
#[tokio::test]
async fn a_request_with_a_safe_method_is_judged_by_its_first_use() {
    let app = Spy::default().app();
    let mut browser = app.browser();
    log_in(&mut browser, alice()).await.unwrap();
    let mut polling = browser.request();
    log_in(&mut browser, alice()).await.unwrap();
    app.clock.advance(MINUTE);
    polling.insert("seen", &1).await.unwrap();
    polling.commit().await.unwrap();
    assert_eq!(polling.principal().await.unwrap(), None);
}

/// A long poll, whose end comes long after another request has replaced the secret.
#[tokio::test]
async fn a_request_that_used_its_session_in_time_is_not_judged_again_at_its_end() {
    for on_token_reuse in [TokenReuse::Reject, TokenReuse::Revoke] {
        for writes in [false, true] {
            let app = Spy::default().app_with(|config| {
                config.state.on_token_reuse = on_token_reuse;
            });
            let mut browser = app.browser();
            log_in(&mut browser, alice()).await.unwrap();
            app.clock.advance(12 * HOUR);
            let mut polling = browser.request();
            polling.force_load().await.unwrap();
            let mut renewing = browser.request();
            renewing.renew();
            browser.respond(renewing).await.unwrap();
            app.clock.advance(MINUTE);
            if writes {
                polling.insert("seen", &1).await.unwrap();
            }
            let response = browser.respond(polling).await.unwrap();
            assert!(set_cookie(&response).is_none());
            let owner = browser.request().principal().await.unwrap();
            assert_eq!(owner, Some(alice()), "{on_token_reuse:?}, {writes}");
        }
    }
}

/// Sends a request that consults its session long after another one has replaced the secret.
async fn upload_while(
    on_token_reuse: TokenReuse,
    replace_secret: impl AsyncFnOnce(&TestApp, &mut TestBrowser),
) {
    let app = Spy::default().app_with(|config| {
        config.state.renew_every = Some(HOUR);
        config.state.on_token_reuse = on_token_reuse;
    });
    let mut browser = app.browser();
    log_in(&mut browser, alice()).await.unwrap();
    app.clock.advance(MINUTE);
    let mut head = head_with(browser.cookie().unwrap());
    head.method = Method::POST;
    let mut upload = app.session(&head);
    let before = browser.cookie().map(str::to_owned);
    replace_secret(&app, &mut browser).await;
    assert_ne!(browser.cookie(), before.as_deref());
    app.clock.advance(MINUTE);
    upload.insert("file", "x").await.unwrap();
    assert!(matches!(
        upload.commit().await,
        Err(SessionError::Discarded)
    ));
    let response = browser.respond(upload).await.unwrap();
    assert!(set_cookie(&response).is_none());
    let owner = browser.request().principal().await.unwrap();
    assert_eq!(owner, Some(alice()));
}

#[tokio::test]
async fn of_two_parallel_renewals_one_wins_and_one_session_remains() {
    let spy = Spy::default();
    let browser = browser_with_session(&spy.app()).await;
    let (mut a, mut b) = (browser.request(), browser.request());
    for (session, user) in [(&mut a, 1), (&mut b, 2)] {
        session.insert("user_id", &user).await.unwrap();
        session.renew();
    }
    let mut winner = browser.clone();
    winner.respond(a).await.unwrap();
    let mut loser = browser.clone();
    let response = loser.respond(b).await.unwrap();
    assert!(set_cookie(&response).is_none());
    assert_eq!(
        winner.request().get::<u32>("user_id").await.unwrap(),
        Some(1)
    );
    assert_eq!(spy.inner().len(), 1);
}

#[tokio::test]
async fn a_change_does_not_undo_an_extension_that_came_in_between() {
    let spy = Spy::default();
    let app = spy.app();
    let mut browser = browser_with_session(&app).await;
    app.clock.advance(DAY / 5 - MINUTE);
    let mut early = browser.request();
    early.insert("a", &1).await.unwrap();
    let plan_before_due = early;

    app.clock.advance(2 * MINUTE);
    let reader = browser.request();
    reader.force_load().await.unwrap();
    browser.respond(reader).await.unwrap();
    let promised = browser.request().expires_at().unwrap();

    browser.clone().respond(plan_before_due).await.unwrap();
    let session = browser.request();
    session.force_load().await.unwrap();
    assert!(session.expires_at().unwrap() >= promised);
    assert!(session.contains_key("a").await.unwrap());
}

#[tokio::test]
async fn a_session_that_expires_during_a_handler_stays_expired() {
    let spy = Spy::default();
    let app = spy.app();
    let mut browser = browser_with_session(&app).await;
    let mut session = browser.request();
    session.insert("a", &1).await.unwrap();
    app.clock.advance(25 * HOUR);
    let response = browser.respond(session).await.unwrap();
    assert!(set_cookie(&response).is_none());
    assert!(browser.request().is_empty().await.unwrap());
}

#[tokio::test]
async fn a_slow_request_writes_if_another_one_extended_the_session_meanwhile() {
    let spy = Spy::default();
    let app = spy.app();
    let browser = browser_with_session(&app).await;
    app.clock.advance(23 * HOUR);
    let mut slow = browser.request();
    slow.insert("a", &1).await.unwrap();
    let mut unloaded = browser.request();
    unloaded.client_mut().insert("language", "de").unwrap();
    let reader = browser.request();
    reader.force_load().await.unwrap();
    let mut extended = browser.clone();
    extended.respond(reader).await.unwrap();

    app.clock.advance(2 * HOUR);
    extended.clone().respond(slow).await.unwrap();
    let mut changed = extended.clone();
    changed.respond(unloaded).await.unwrap();
    assert!(extended.request().contains_key("a").await.unwrap());
    assert!(changed.request().client().contains_key("language"));
}

#[tokio::test]
async fn a_log_out_with_a_token_that_was_replaced_is_an_error_and_ends_nothing() {
    let spy = Spy::default();
    let app = spy.app();
    let mut browser = browser_with_session(&app).await;
    let planted = browser.clone();
    let mut login = browser.request();
    login.renew();
    browser.respond(login).await.unwrap();

    let mut logout = planted.request();
    logout.invalidate();
    let error = planted.clone().respond(logout).await.unwrap_err();
    assert!(matches!(error, SessionError::NotEnded));
    assert_eq!(error.into_response().status().as_u16(), 409);
    assert!(browser.request().contains_key("theme").await.unwrap());

    app.clock.advance(MINUTE);
    let mut logout = planted.request();
    logout.invalidate();
    let error = planted.clone().respond(logout).await.unwrap_err();
    assert!(matches!(error, SessionError::NotEnded), "also later");
    assert!(browser.request().contains_key("theme").await.unwrap());
}
