//! Clients drop half of their requests after 0 to 20 ms.

use session_test_support::scenarios::hang_up_under_load;
use session_test_support::{alone, app};

use crate::site::{durable, store_at};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn other_clients_are_served_while_half_of_the_requests_are_dropped() {
    let _alone = alone().await;
    let server = durable();
    hang_up_under_load(&app(store_at(&server.url()).await)).await;
}
