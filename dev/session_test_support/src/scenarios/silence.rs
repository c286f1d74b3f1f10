use std::time::Duration;

use session::testing::TestApp;

use crate::application::{LIMIT, MARGIN};
use crate::load::{CLIENTS, Load};
use crate::proxy::Proxy;

const SILENCES: u32 = 3;

/// The time until all clients are served again. Operations on a silent connection end at the time
/// limit, and new connections replace it.
const RECOVERY_LIMIT: Duration = Duration::from_secs(10);

/// Silences all connections to the servers, three times.
///
/// Expects that new connections replace them.
pub async fn silence_under_load(app: &TestApp, proxies: &[Proxy]) {
    let load = Load::start(app, CLIENTS);
    for _ in 0..SILENCES {
        load.expect_all_served(RECOVERY_LIMIT).await;
        proxies.iter().for_each(Proxy::silence);
    }
    load.expect_all_served(RECOVERY_LIMIT).await;
    let report = load.finish().await;
    report.expect_typed_and_timely(LIMIT + MARGIN);
    report.expect_kept(app).await;
    eprintln!("{report}");
}
