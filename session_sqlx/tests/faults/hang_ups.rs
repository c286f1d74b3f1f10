//! Clients drop half of their requests after 0 to 20 ms.

use std::time::{Duration, Instant};

use session::SessionStore;

use crate::alone::alone;
use crate::databases::{LIMIT, app};
use crate::ledger::check_all;
use crate::load::{Answer, Load, Outcome};

const CLIENTS: usize = 16;
const CONNECTIONS: u32 = 8;

/// Undisturbed and disturbed in turn, so that whatever else the machine does concerns both.
const TURNS: u32 = 5;
const TURN: Duration = Duration::from_millis(800);

async fn the_others_are_still_served(store: SessionStore) {
    let app = app(store, LIMIT);
    let load = Load::start(&app, CLIENTS);
    let mut disturbed = vec![];
    tokio::time::sleep(TURN).await;
    let start = Instant::now();
    for _ in 0..TURNS {
        tokio::time::sleep(TURN).await;
        load.hang_up(true);
        let begin = Instant::now();
        tokio::time::sleep(TURN).await;
        load.hang_up(false);
        disturbed.push(begin..Instant::now());
    }
    let total = start.elapsed();
    let (entries, answers) = load.finish().await;
    let is_disturbed = |answer: &Answer| disturbed.iter().any(|turn| turn.contains(&end(answer)));
    let (with, without): (Vec<_>, Vec<_>) = answers
        .into_iter()
        .filter(|answer| (start..start + total).contains(&end(answer)))
        .partition(is_disturbed);
    check_goodput(
        &with,
        &without,
        disturbed.iter().map(|t| t.end - t.start).sum(),
        total,
    );
    check_all(&app, &entries).await;
}

fn end(answer: &Answer) -> Instant {
    answer.begun + answer.took
}

fn check_goodput(with: &[Answer], without: &[Answer], disturbed: Duration, total: Duration) {
    let count = |answers: &[Answer], outcome| {
        let it = answers.iter().filter(|answer| answer.outcome == outcome);
        it.count() as f64
    };
    let goodput = count(with, Outcome::Good) / disturbed.as_secs_f64();
    let usual = count(without, Outcome::Good) / (total - disturbed).as_secs_f64();
    let dropped = count(with, Outcome::Dropped);
    eprintln!("{goodput:.0} good answers a second of {usual:.0} as usual, {dropped} dropped");
    assert!(dropped > 100.0, "too few hung up: {dropped}");
    assert!(
        goodput >= usual / 2.0,
        "{goodput:.0} good answers a second, and {usual:.0} when nobody hangs up"
    );
    let failed = |answer: &&Answer| matches!(answer.outcome, Outcome::Failed(_));
    assert!(!with.iter().chain(without).any(|answer| failed(&answer)));
}

macro_rules! on {
    ($database:ident, $store:ident) => {
        mod $database {
            use super::*;
            use crate::databases::$database::Site;

            #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn the_others_are_still_served_and_sessions_stay_consistent() {
                let _alone = alone().await;
                let site = Site::durable(CONNECTIONS).await;
                the_others_are_still_served(site.$store().await).await;
            }
        }
    };
}

#[cfg(feature = "postgres")]
on!(postgres, store);
#[cfg(feature = "mysql")]
on!(mysql, store);
#[cfg(feature = "sqlite")]
on!(sqlite, opened);
