use std::ops::Range;
use std::time::{Duration, Instant};

use session::testing::TestApp;

use crate::answer::{Answer, Outcome};
use crate::load::{CLIENTS, Load};
use crate::report::Report;

const ATTEMPTS: u32 = 3;
const PHASES: u32 = 5;
const PHASE: Duration = Duration::from_millis(800);

/// The time until each client got a good answer although half of the requests are dropped.
const SERVICE_LIMIT: Duration = Duration::from_secs(10);

/// Lets clients drop half of their requests after 0 to 20 ms.
///
/// Expects that the other requests are served at half of the usual rate or faster, without an
/// error, and that sessions stay consistent. Phases with and without hang-ups alternate, so that
/// other work of the machine slows both.
pub async fn hang_up_under_load(app: &TestApp) {
    let mut rates = vec![];
    // The rates of a busy machine scatter: a store that suffers fails each time.
    for _ in 0..ATTEMPTS {
        let (goodput, usual) = measure(app).await;
        if goodput >= usual / 2.0 {
            return;
        }
        rates.push(format!("{goodput:.0} of {usual:.0}"));
    }
    panic!("too few good answers a second: {}", rates.join(", "));
}

/// Returns the good answers a second while clients hang up, and without that.
async fn measure(app: &TestApp) -> (f64, f64) {
    let load = Load::start(app, CLIENTS);
    tokio::time::sleep(PHASE).await;
    let start = Instant::now();
    let mut disturbed = vec![];
    for _ in 0..PHASES {
        tokio::time::sleep(PHASE).await;
        disturbed.push(hang_up_for_a_phase(&load).await);
    }
    let all = start..Instant::now();
    let report = load.finish().await;
    report.expect_kept(app).await;
    goodput(&report, &disturbed, &all)
}

async fn hang_up_for_a_phase(load: &Load) -> Range<Instant> {
    load.hang_up(true);
    let begin = Instant::now();
    tokio::time::sleep(PHASE).await;
    load.expect_all_served(SERVICE_LIMIT).await;
    load.hang_up(false);
    begin..Instant::now()
}

fn goodput(report: &Report, disturbed: &[Range<Instant>], all: &Range<Instant>) -> (f64, f64) {
    let is_disturbed = |answer: &Answer| disturbed.iter().any(|it| it.contains(&answer.ended()));
    let is_usual = |answer: &Answer| all.contains(&answer.ended()) && !is_disturbed(answer);
    let is_good = |answer: &Answer| answer.outcome == Outcome::Good;
    let disturbed_time: Duration = disturbed.iter().map(length).sum();
    let usual_time = length(all) - disturbed_time;
    let goodput = rate(
        report.count(|it| is_good(it) && is_disturbed(it)),
        disturbed_time,
    );
    let usual = rate(report.count(|it| is_good(it) && is_usual(it)), usual_time);
    eprintln!("{goodput:.0} good answers a second of {usual:.0} as usual; {report}");
    let dropped = report.count(|it| it.outcome == Outcome::Dropped);
    assert!(dropped > 100, "too few hung up: {dropped}");
    assert_eq!(report.count(Answer::has_failed), 0);
    (goodput, usual)
}

fn length(range: &Range<Instant>) -> Duration {
    range.end - range.start
}

/// The number of answers in a second.
fn rate(answers: usize, time: Duration) -> f64 {
    f64::from(u32::try_from(answers).unwrap()) / time.as_secs_f64()
}
