use std::time::{Duration, Instant};

use session::testing::TestApp;
use test_servers::Server;

use crate::answer::Outcome;
use crate::application::{LIMIT, MARGIN};
use crate::load::{CLIENTS, Load};
use crate::report::Report;

const STOP: Duration = Duration::from_secs(10);

/// The time until all requests succeed again.
const RECOVERY_LIMIT: Duration = Duration::from_secs(2);

/// The time that the scenario observes the load before the stop and after the recovery.
const WATCH: Duration = Duration::from_secs(1);

/// Freezes the server for ten seconds: connections stay open, and nothing answers.
///
/// Expects that requests are answered in time, and succeed soon after the server is resumed.
pub async fn stop_under_load(app: &TestApp, server: &Server) {
    let load = Load::start(app, CLIENTS);
    tokio::time::sleep(WATCH).await;
    server.stop().unwrap();
    expect_untouched_requests_answered(app, STOP).await;
    server.resume().unwrap();
    let resumed = Instant::now();
    tokio::time::sleep(RECOVERY_LIMIT + WATCH).await;
    load.expect_all_served_since(resumed, WATCH).await;
    let report = load.finish().await;
    eprintln!("{report}");
    report.expect_typed_and_timely(LIMIT + MARGIN);
    expect_good_since(&report, resumed + RECOVERY_LIMIT);
    report.expect_kept(app).await;
}

fn expect_good_since(report: &Report, recovered: Instant) {
    for answer in report.answers.iter().filter(|it| it.begun >= recovered) {
        assert_eq!(answer.outcome, Outcome::Good, "not yet good: {answer:?}");
    }
}

/// Expects for this time that requests are answered at once if they leave their sessions alone.
async fn expect_untouched_requests_answered(app: &TestApp, duration: Duration) {
    let start = Instant::now();
    while start.elapsed() < duration {
        let mut browser = app.browser();
        let untouched = browser.respond(browser.request());
        let answer = tokio::time::timeout(MARGIN, untouched).await;
        answer.expect("in time").unwrap();
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
