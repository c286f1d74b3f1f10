//! The server stands still for ten seconds: connections stay open, and nothing answers.

use session_test_support::scenarios::stop_under_load;
use session_test_support::{alone, app};

use crate::site::{durable, store_at};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn requests_end_in_time_while_the_server_stands_still_and_succeed_soon_after() {
    let _alone = alone().await;
    let server = durable();
    let app = app(store_at(&server.url()).await);
    stop_under_load(&app, &server).await;
}
