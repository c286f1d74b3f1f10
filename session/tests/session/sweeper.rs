//! The background task that deletes expired records. Tokio's clock is paused: nothing sleeps.

use std::num::NonZeroU32;

use session::SessionStore;
use session::store::Sweeper;
use session::testing::TestApp;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::support::*;

async fn app_with_sessions(spy: &Spy, count: usize) -> TestApp {
    let app = spy.app();
    for _ in 0..count {
        browser_with_session(&app).await;
    }
    spy.operations();
    app
}

fn sweeper(app: &TestApp) -> Sweeper {
    Sweeper::new(app.store.clone())
        .with_clock(app.clock.clone())
        .every(MINUTE)
        .in_batches_of(NonZeroU32::new(10).unwrap())
}

fn start(sweeper: Sweeper) -> (oneshot::Sender<()>, JoinHandle<session::store::SweepReport>) {
    let (stop, stopped) = oneshot::channel();
    let task = tokio::spawn(sweeper.run(async { _ = stopped.await }));
    (stop, task)
}

#[tokio::test(start_paused = true)]
async fn a_sweep_deletes_in_batches_until_nothing_is_left() {
    let spy = Spy::default();
    let app = app_with_sessions(&spy, 25).await;
    app.clock.advance(DAY);
    browser_with_session(&app).await;
    spy.operations();
    assert_eq!(sweeper(&app).sweep().await.unwrap(), 25);
    assert_eq!(spy.operations(), ["delete_expired"; 3]);
    assert_eq!(spy.inner().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_sweeper_sweeps_at_its_interval_and_reports_the_deletions() {
    let spy = Spy::default();
    let app = app_with_sessions(&spy, 5).await;
    let (stop, task) = start(sweeper(&app));
    tokio::time::sleep(MINUTE / 2).await;
    assert_eq!(spy.operations().len(), 1, "the first sweep comes soon");
    app.clock.advance(DAY);
    tokio::time::sleep(10 * MINUTE).await;
    let sweeps = spy.operations().len();
    assert!((9..=11).contains(&sweeps), "{sweeps} in ten minutes");
    stop.send(()).unwrap();
    let report = task.await.unwrap();
    assert_eq!((report.deleted, report.failures), (5, 0));
    assert_eq!(report.sweeps, 1 + sweeps as u64);
}

#[tokio::test(start_paused = true)]
async fn a_sweeper_survives_store_errors_and_backs_off() {
    let spy = Spy::default();
    let app = app_with_sessions(&spy, 1).await;
    app.clock.advance(DAY);
    spy.behave(Behaviour::Down);
    let (stop, task) = start(sweeper(&app));
    tokio::time::sleep(10 * MINUTE).await;
    let tries = spy.operations().len();
    assert!(
        (12..=18).contains(&tries),
        "1, 2, 4 … seconds, then each minute: {tries}"
    );
    assert_eq!(spy.inner().len(), 1);
    spy.behave(Behaviour::Normal);
    tokio::time::sleep(2 * MINUTE).await;
    stop.send(()).unwrap();
    let report = task.await.unwrap();
    assert_eq!((report.deleted, report.failures), (1, tries as u64));
}

#[tokio::test(start_paused = true)]
async fn a_sweeper_stops_at_once_even_while_the_store_hangs() {
    let spy = Spy::default();
    let app = app_with_sessions(&spy, 1).await;
    spy.behave(Behaviour::Hanging);
    let (stop, task) = start(sweeper(&app));
    tokio::time::sleep(MINUTE + 10 * MINUTE / 100).await;
    stop.send(()).unwrap();
    let before = tokio::time::Instant::now();
    task.await.unwrap();
    assert!(before.elapsed().is_zero());
}

#[tokio::test(start_paused = true)]
async fn the_longest_interval_of_a_sweeper_does_not_panic() {
    let app = Spy::default().app();
    let (stop, task) = start(sweeper(&app).every(std::time::Duration::MAX));
    tokio::time::sleep(MINUTE).await;
    stop.send(()).unwrap();
    assert_eq!(task.await.unwrap().sweeps, 1);
}

#[tokio::test]
async fn a_store_without_records_has_nothing_to_sweep() {
    let sweeper = Sweeper::new(SessionStore::cookie_only());
    assert!(sweeper.sweep().await.is_err());
}
