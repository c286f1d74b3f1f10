//! A synchronous standby takes over from the server, three times.

use std::time::Duration;

use session_test_support::{Answer, CLIENTS, LIMIT, Load, MARGIN, Proxy, alone, app};
use test_servers::Setup;

use crate::databases::postgres::Site;

const CONNECTIONS: u32 = 8;
const FAILOVERS: u32 = 3;

/// The time until all clients are served again, or the standby has reached a state.
const RECOVERY_LIMIT: Duration = Duration::from_secs(30);

/// The proxy stands for the address that an administrator moves from server to server. It reaches
/// the standby before that accepts changes.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn acknowledged_changes_survive_the_loss_of_the_server() {
    let _alone = alone().await;
    let mut site = Site::durable(CONNECTIONS).await;
    let proxy = Proxy::to(&site.server).await;
    let app = app(site.configured_through(&proxy, CONNECTIONS).await);
    let load = Load::start(&app, CLIENTS);
    for _ in 0..FAILOVERS {
        let standby = with_standby(&site).await;
        load.expect_all_served(RECOVERY_LIMIT).await;
        proxy.lead_to(&standby.server);
        site.server.kill().unwrap();
        let clients = "SELECT COUNT(*) FROM pg_stat_activity \
                       WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'";
        wait_until(&standby, clients).await;
        standby.execute("SELECT pg_promote()").await;
        load.expect_all_served(RECOVERY_LIMIT).await;
        site = standby;
    }
    let report = load.finish().await;
    report.expect_typed_and_timely(LIMIT + MARGIN);
    assert!(report.count(Answer::has_failed) > 0, "no request failed");
    let kept = report.expect_kept(&app).await;
    eprintln!("{report}; {kept:?}");
    kept.expect_many();
}

/// Starts a standby. From then on, the server acknowledges what both have on the disk.
async fn with_standby(primary: &Site) -> Site {
    let setup = Setup::standby_of(&primary.server);
    let standby = tokio::task::block_in_place(|| setup.start()).unwrap();
    let standby = Site::on(standby, 1).await;
    let names = "ALTER SYSTEM SET synchronous_standby_names = '*'";
    primary.execute(names).await;
    primary.execute("SELECT pg_reload_conf()").await;
    let synchronous = "SELECT COUNT(*) FROM pg_stat_replication WHERE sync_state = 'sync'";
    wait_until(primary, synchronous).await;
    standby
}

/// Waits until a query counts something.
async fn wait_until(site: &Site, query: &str) {
    let counts = async {
        while site.count(query).await == 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let counted = tokio::time::timeout(RECOVERY_LIMIT, counts).await;
    counted.expect(query);
}
