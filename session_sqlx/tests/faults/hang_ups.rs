//! Clients drop half of their requests after 0 to 20 ms.

use session_test_support::scenarios::hang_up_under_load;
use session_test_support::{alone, app};

const CONNECTIONS: u32 = 8;

macro_rules! on {
    ($database:ident) => {
        mod $database {
            use super::*;
            use crate::databases::$database::Site;

            #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn dropped_requests_cost_no_connection_and_no_answer() {
                let _alone = alone().await;
                let site = Site::durable(CONNECTIONS).await;
                let app = app(site.store().await);
                let by_the_migration = site.opened.get();
                hang_up_under_load(&app).await;
                let opened = site.opened.get() - by_the_migration;
                assert!(opened <= CONNECTIONS, "{opened} connections were opened");
            }
        }
    };
}

#[cfg(feature = "postgres")]
on!(postgres);
#[cfg(feature = "mysql")]
on!(mysql);
#[cfg(feature = "sqlite")]
on!(sqlite);

#[cfg(feature = "sqlite")]
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn dropped_requests_cost_no_answer_of_a_store_that_opens_its_file_itself() {
    let _alone = alone().await;
    let site = crate::databases::sqlite::Site::durable(CONNECTIONS).await;
    hang_up_under_load(&app(site.opened().await)).await;
}
