//! The server is killed under load and started again, ten times.

use std::time::Duration;

use session::testing::TestApp;
use test_servers::Server;

use crate::alone::alone;
use crate::ledger::check_all;
use crate::load::{Load, expect_typed_and_timely, summary};
use crate::site::{LIMIT, MARGIN, all_are_served, app, durable, store_at};

const KILLS: u32 = 10;
const CLIENTS: usize = 16;

/// How long it may take until all clients are served again.
const RECOVERY_LIMIT: Duration = Duration::from_secs(30);

async fn acknowledged_changes_survive(app: &TestApp, server: &mut Server) {
    let load = Load::start(app, CLIENTS);
    for _ in 0..KILLS {
        all_are_served(&load, RECOVERY_LIMIT).await;
        let moment = u64::from(getrandom::u32().unwrap() % 300);
        tokio::time::sleep(Duration::from_millis(moment)).await;
        server.kill().unwrap();
        tokio::task::block_in_place(|| server.restart()).unwrap();
    }
    all_are_served(&load, RECOVERY_LIMIT).await;
    let (entries, answers) = load.finish().await;
    expect_typed_and_timely(&answers, LIMIT + MARGIN);
    let (visits, ends) = check_all(app, &entries).await;
    eprintln!(
        "{}; {visits} visits and {ends} ends kept",
        summary(&answers)
    );
    assert!(visits > 100 && ends > 10, "too little to tell from");
}

/// With `appendonly yes` and `appendfsync always`.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn acknowledged_changes_survive_and_the_application_recovers() {
    let _alone = alone().await;
    let mut server = durable();
    let app = app(store_at(&server.url()).await);
    acknowledged_changes_survive(&app, &mut server).await;
}

/// With a connection that the application manages.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn so_they_do_with_a_managed_connection() {
    let _alone = alone().await;
    let mut server = durable();
    let client = redis::Client::open(server.url()).unwrap();
    let manager = client.get_connection_manager().await.unwrap();
    let store = session_redis::RedisSessionStore::new(manager).await;
    acknowledged_changes_survive(&app(store.unwrap()), &mut server).await;
}
