//! A memory that is full, and later has room again.

use session_test_support::{Crowd, alone, app, expect_full, expect_room};
use test_servers::{Database, Server, Setup};

use crate::site::{ask, store_at};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_full_memory_is_a_typed_error_until_there_is_room() {
    let _alone = alone().await;
    let server = small_server();
    let app = app(store_at(&server.url()).await);
    let mut crowd = Crowd::fill(&app).await;
    let mut client = crowd.take_one();
    let refused = loop {
        match client.visit().await {
            Ok(visit) => assert!(visit < 1_000, "a full server accepts changes"),
            Err(refused) => break refused,
        }
    };
    expect_full(&refused);
    crowd.expect_kept().await;
    crowd.end_half().await;
    expect_room(&app).await;
    let statistics: String = ask(&server, "INFO stats");
    assert!(statistics.contains("evicted_keys:0\r\n"), "{statistics}");
}

fn small_server() -> Server {
    let setup = Setup::of(Database::Redis).without_durability();
    let setup = setup.with("maxmemory-policy noeviction");
    setup.with("maxmemory 6mb").start().unwrap()
}
