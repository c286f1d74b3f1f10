//! Clients drop half of their requests after 0 to 20 ms.

use session_test_support::scenarios::hang_up_under_load;
use session_test_support::{alone, app};
use test_servers::Server;

use crate::site::{ask, durable, store_at};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn dropped_requests_cost_no_connection_and_no_answer() {
    let _alone = alone().await;
    let server = durable();
    let store = store_at(&server.url()).await;
    let before = accepted(&server);
    hang_up_under_load(&app(store)).await;
    let of_this_test = 1;
    assert_eq!(accepted(&server), before + of_this_test);
}

/// The number of connections that the server has accepted, with that of this question.
fn accepted(server: &Server) -> u64 {
    let stats: String = ask(server, "INFO stats");
    let mut lines = stats.lines();
    let count = lines.find_map(|line| line.strip_prefix("total_connections_received:"));
    count.unwrap().parse().unwrap()
}
