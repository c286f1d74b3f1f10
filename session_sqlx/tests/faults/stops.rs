//! The server stands still for ten seconds: connections stay open, and nothing answers.

use session_test_support::scenarios::stop_under_load;
use session_test_support::{alone, app};

const CONNECTIONS: u32 = 8;

macro_rules! on {
    ($database:ident) => {
        mod $database {
            use super::*;
            use crate::databases::$database::Site;

            #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn requests_end_in_time_while_the_server_stands_still_and_succeed_soon_after() {
                let _alone = alone().await;
                let site = Site::durable(CONNECTIONS).await;
                let app = app(site.store().await);
                stop_under_load(&app, &site.server).await;
            }
        }
    };
}

#[cfg(feature = "postgres")]
on!(postgres);
#[cfg(feature = "mysql")]
on!(mysql);
