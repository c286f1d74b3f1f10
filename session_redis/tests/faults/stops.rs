//! The server stands still for ten seconds: connections stay, and nothing answers.

use std::time::{Duration, Instant};

use session::testing::TestApp;

use crate::alone::alone;
use crate::ledger::check_all;
use crate::load::{Answer, Load, Outcome, expect_typed_and_timely, summary};
use crate::site::{LIMIT, MARGIN, app, durable, store_at};

const STOP: Duration = Duration::from_secs(10);
const CLIENTS: usize = 16;

/// When the application is good again.
const RECOVERY_LIMIT: Duration = Duration::from_secs(2);

/// How long it is watched before and after.
const WATCH: Duration = Duration::from_secs(1);

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn requests_are_answered_in_time_and_good_again_soon_after() {
    let _alone = alone().await;
    let server = durable();
    let app = app(store_at(&server.url()).await);
    let load = Load::start(&app, CLIENTS);
    tokio::time::sleep(WATCH).await;
    server.stop().unwrap();
    untouched_requests_are_answered_for(&app, STOP).await;
    server.resume().unwrap();
    let resumed = Instant::now();
    tokio::time::sleep(RECOVERY_LIMIT + WATCH).await;
    let served_by_all = load.all_are_served_since(resumed);
    let served_by_all = tokio::time::timeout(WATCH, served_by_all).await;
    let (entries, answers) = load.finish().await;
    eprintln!("{}", summary(&answers));
    expect_typed_and_timely(&answers, LIMIT + MARGIN);
    served_by_all.expect("each client is served again");
    let recovered = resumed + RECOVERY_LIMIT;
    let late = |answer: &&Answer| answer.begun >= recovered;
    for answer in answers.iter().filter(late) {
        assert_eq!(answer.outcome, Outcome::Good, "still not good: {answer:?}");
    }
    check_all(&app, &entries).await;
}

/// A request that leaves its session alone does not notice.
async fn untouched_requests_are_answered_for(app: &TestApp, duration: Duration) {
    let start = Instant::now();
    while start.elapsed() < duration {
        let mut browser = app.browser();
        let untouched = browser.respond(browser.request());
        let answer = tokio::time::timeout(MARGIN, untouched).await;
        answer.expect("in time").unwrap();
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
