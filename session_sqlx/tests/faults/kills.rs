//! The server is killed under load and started again, ten times.

use session_test_support::scenarios::kill_under_load;
use session_test_support::{alone, app};

const CONNECTIONS: u32 = 8;

macro_rules! on {
    ($database:ident) => {
        mod $database {
            use super::*;
            use crate::databases::$database::Site;

            #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn acknowledged_changes_survive_the_death_of_the_server() {
                let _alone = alone().await;
                let mut site = Site::durable(CONNECTIONS).await;
                let app = app(site.store().await);
                kill_under_load(&app, &mut site.server).await;
            }
        }
    };
}

#[cfg(feature = "postgres")]
on!(postgres);
#[cfg(feature = "mysql")]
on!(mysql);
