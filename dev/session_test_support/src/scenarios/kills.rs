use std::time::Duration;

use session::testing::TestApp;
use test_servers::Server;

use crate::application::{LIMIT, MARGIN};
use crate::load::{CLIENTS, Load};

const KILLS: u32 = 10;

/// The time until all clients are served again.
const RECOVERY_LIMIT: Duration = Duration::from_secs(30);

/// Kills the server and starts it again, ten times.
///
/// Expects that acknowledged changes survive, and that the application recovers without a restart.
pub async fn kill_under_load(app: &TestApp, server: &mut Server) {
    let load = Load::start(app, CLIENTS);
    for _ in 0..KILLS {
        load.expect_all_served(RECOVERY_LIMIT).await;
        let moment = u64::from(getrandom::u32().unwrap() % 300);
        tokio::time::sleep(Duration::from_millis(moment)).await;
        server.kill().unwrap();
        tokio::task::block_in_place(|| server.restart()).unwrap();
    }
    load.expect_all_served(RECOVERY_LIMIT).await;
    let report = load.finish().await;
    report.expect_typed_and_timely(LIMIT + MARGIN);
    let kept = report.expect_kept(app).await;
    eprintln!("{report}; {kept:?}");
    kept.expect_many();
}
