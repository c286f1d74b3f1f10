//! Nothing comes through the open connections any more, and none of them is closed.

use session_test_support::scenarios::silence_under_load;
use session_test_support::{Proxy, alone, app};

const CONNECTIONS: u32 = 4;

macro_rules! on {
    ($database:ident) => {
        mod $database {
            use super::*;
            use crate::databases::$database::Site;

            #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn new_connections_replace_silent_ones() {
                let _alone = alone().await;
                let mut site = Site::durable(1).await;
                let proxy = Proxy::to(&site.server).await;
                site.connect_through(&proxy, CONNECTIONS).await;
                let app = app(site.store().await);
                silence_under_load(&app, &[proxy]).await;
            }
        }
    };
}

#[cfg(feature = "postgres")]
on!(postgres);
#[cfg(feature = "mysql")]
on!(mysql);
