use std::time::Duration;

use session::testing::TestApp;

use crate::answer::{Answer, Outcome};
use crate::load::{CLIENTS, Load};

/// The number of times that the clients begin to hang up, and stop doing so.
const PHASES: u32 = 5;

/// The length of a phase in which the clients hang up.
const PHASE: Duration = Duration::from_millis(800);

/// The time until each client got a good answer although half of the requests are dropped.
const SERVICE_LIMIT: Duration = Duration::from_secs(10);

/// Lets clients drop half of their requests after 0 to 20 ms.
///
/// Expects that the store serves each client in each phase, that no request fails, and that
/// sessions stay consistent. The caller counts the connections that the store has opened: a store
/// whose operations end with their request loses one for each.
pub async fn hang_up_under_load(app: &TestApp) {
    let load = Load::start(app, CLIENTS);
    for _ in 0..PHASES {
        load.expect_all_served(SERVICE_LIMIT).await;
        load.hang_up(true);
        tokio::time::sleep(PHASE).await;
        load.expect_all_served(SERVICE_LIMIT).await;
        load.hang_up(false);
    }
    let report = load.finish().await;
    eprintln!("{report}");
    let dropped = report.count(|it| it.outcome == Outcome::Dropped);
    assert!(dropped > 100, "too few hung up: {dropped}");
    assert_eq!(report.count(Answer::has_failed), 0);
    report.expect_kept(app).await;
}
