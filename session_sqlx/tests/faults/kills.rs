//! The server is killed under load and started again, ten times.

use std::time::{Duration, Instant};

use session::testing::TestApp;
use test_servers::Server;

use crate::alone::alone;
use crate::databases::{LIMIT, MARGIN, app};
use crate::ledger::check_all;
use crate::load::{Load, expect_typed_and_timely, summary};

const KILLS: u32 = 10;
const CLIENTS: usize = 16;
const CONNECTIONS: u32 = 8;

/// How long it may take until all clients are served again.
const RECOVERY_LIMIT: Duration = Duration::from_secs(30);

async fn acknowledged_changes_survive(app: &TestApp, server: &mut Server) {
    let load = Load::start(app, CLIENTS);
    for _ in 0..KILLS {
        all_are_served(&load).await;
        let moment = u64::from(getrandom::u32().unwrap() % 300);
        tokio::time::sleep(Duration::from_millis(moment)).await;
        server.kill().unwrap();
        tokio::task::block_in_place(|| server.restart()).unwrap();
    }
    all_are_served(&load).await;
    let (entries, answers) = load.finish().await;
    expect_typed_and_timely(&answers, LIMIT + MARGIN);
    let (visits, ends) = check_all(app, &entries).await;
    eprintln!(
        "{}; {visits} visits and {ends} ends kept",
        summary(&answers)
    );
    assert!(visits > 100 && ends > 10, "too little to tell from");
}

/// By the same pool, without a restart of the application.
async fn all_are_served(load: &Load) {
    let served = load.all_are_served_since(Instant::now());
    let served = tokio::time::timeout(RECOVERY_LIMIT, served).await;
    served.expect("the application recovers");
}

macro_rules! on {
    ($database:ident) => {
        mod $database {
            use super::*;
            use crate::databases::$database::Site;

            #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn acknowledged_changes_survive_and_the_application_recovers() {
                let _alone = alone().await;
                let mut site = Site::durable(CONNECTIONS).await;
                let app = app(site.store().await, LIMIT);
                acknowledged_changes_survive(&app, &mut site.server).await;
            }
        }
    };
}

#[cfg(feature = "postgres")]
on!(postgres);
#[cfg(feature = "mysql")]
on!(mysql);
