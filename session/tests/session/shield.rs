//! A request whose future is dropped (invariant I10), and operations that outlive it.

use std::future::Future;
use std::task::{Context, Poll, Waker};

use crate::support::*;

/// Polls once, then drops the future: what happens when a client hangs up.
fn hang_up<T>(future: impl Future<Output = T>) {
    let mut future = Box::pin(future);
    let polled = future
        .as_mut()
        .poll(&mut Context::from_waker(Waker::noop()));
    assert!(
        matches!(polled, Poll::Pending),
        "there was something to wait for"
    );
}

/// Lets the tasks that were spawned so far do what they can.
async fn settle() {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn an_operation_that_has_begun_runs_to_its_end() {
    let spy = Spy::default();
    let gate = spy.gate();
    let mut session = spy.app().browser().request();
    session.insert("a", &1).await.unwrap();
    hang_up(session.commit());
    assert_eq!(spy.inner().len(), 0);
    gate.add_permits(2);
    settle().await;
    assert_eq!(spy.inner().len(), 1);
    assert_eq!(
        gate.available_permits(),
        0,
        "it went on after its effect, too"
    );
}

#[tokio::test]
async fn a_change_dropped_at_its_await_is_stored_whole() {
    let spy = Spy::default();
    let browser = browser_with_session(&spy.app()).await;
    let mut session = browser.request();
    session.insert("theme", "light").await.unwrap();
    session.insert("n", &1).await.unwrap();
    let gate = spy.gate();
    hang_up(session.commit());
    gate.add_permits(2);
    settle().await;
    spy.behave(Behaviour::Normal);
    let session = browser.request();
    assert_eq!(
        session.get::<String>("theme").await.unwrap().unwrap(),
        "light"
    );
    assert_eq!(session.get::<u32>("n").await.unwrap(), Some(1));
}

#[tokio::test]
async fn an_end_dropped_at_its_await_takes_place_and_starts_nothing() {
    let spy = Spy::default();
    let browser = browser_with_session(&spy.app()).await;
    let mut session = browser.request();
    session.invalidate();
    session.insert("b", &1).await.unwrap();
    let gate = spy.gate();
    hang_up(session.commit());
    gate.add_permits(4);
    settle().await;
    assert_eq!(
        spy.inner().len(),
        0,
        "the old session ended, the new one was not begun"
    );
}

#[tokio::test]
async fn a_commit_that_the_handler_drops_is_neither_lost_nor_counted_twice() {
    let spy = Spy::default();
    let mut browser = browser_with_session(&spy.app()).await;
    let mut session = browser.request();
    session
        .update("n", |n: Option<u32>| n.unwrap_or(0) + 1)
        .await
        .unwrap();
    let gate = spy.gate();
    hang_up(session.commit());
    gate.add_permits(2);
    settle().await;
    spy.behave(Behaviour::Normal);
    browser.respond(session).await.unwrap();
    assert_eq!(browser.request().get::<u32>("n").await.unwrap(), Some(1));
}

#[tokio::test]
async fn a_log_out_that_the_handler_drops_is_done_at_the_end() {
    let spy = Spy::default();
    let mut browser = browser_with_session(&spy.app()).await;
    let mut session = browser.request();
    session.invalidate();
    spy.behave(Behaviour::Hanging);
    hang_up(session.commit());
    spy.behave(Behaviour::Normal);
    browser.respond(session).await.unwrap();
    assert_eq!(browser.cookie(), None);
    assert_eq!(spy.inner().len(), 0);
}

#[tokio::test]
async fn a_panic_of_the_store_is_an_error_of_the_operation() {
    let spy = Spy::default();
    spy.behave(Behaviour::Panicking);
    let mut session = spy.app().browser().request();
    session.insert("a", &1).await.unwrap();
    let error = session.commit().await.unwrap_err();
    assert_eq!(error.into_response().status().as_u16(), 503);
}
