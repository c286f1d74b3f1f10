//! The server is killed under load and started again, ten times. It runs with `appendonly yes` and
//! `appendfsync always`.

use session_redis::RedisSessionStore;
use session_test_support::scenarios::kill_under_load;
use session_test_support::{alone, app};

use crate::site::{durable, store_at};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn acknowledged_changes_survive_the_death_of_the_server() {
    let _alone = alone().await;
    let mut server = durable();
    let app = app(store_at(&server.url()).await);
    kill_under_load(&app, &mut server).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn acknowledged_changes_survive_with_a_connection_that_the_application_manages() {
    let _alone = alone().await;
    let mut server = durable();
    let client = redis::Client::open(server.url()).unwrap();
    let manager = client.get_connection_manager().await.unwrap();
    let store = RedisSessionStore::new(manager).await.unwrap();
    kill_under_load(&app(store), &mut server).await;
}
