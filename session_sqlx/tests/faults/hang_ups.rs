//! Clients drop half of their requests after 0 to 20 ms.

use session_test_support::scenarios::hang_up_under_load;
use session_test_support::{alone, app};

const CONNECTIONS: u32 = 8;

macro_rules! on {
    ($database:ident, $store:ident) => {
        mod $database {
            use super::*;
            use crate::databases::$database::Site;

            #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn other_clients_are_served_while_half_of_the_requests_are_dropped() {
                let _alone = alone().await;
                let site = Site::durable(CONNECTIONS).await;
                hang_up_under_load(&app(site.$store().await)).await;
            }
        }
    };
}

#[cfg(feature = "postgres")]
on!(postgres, store);
#[cfg(feature = "mysql")]
on!(mysql, store);
#[cfg(feature = "sqlite")]
on!(sqlite, opened);
