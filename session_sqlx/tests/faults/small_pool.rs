//! Two connections for five hundred requests at once.

use std::time::Duration;

use session::SessionError;
use session::testing::TestApp;
use session_test_support::{Client, alone, app_with_limit};
use tokio::task::JoinSet;

const CONNECTIONS: u32 = 2;
const CLIENTS: u64 = 500;
const VISITS: u64 = 3;

/// Far more time than the requests require. A client without an answer by then waits for ever.
const PATIENCE: Duration = Duration::from_secs(60);

async fn all_are_answered(app: &TestApp) {
    let mut clients = JoinSet::new();
    for number in 0..CLIENTS {
        let client = Client::new(app, number);
        clients.spawn(tokio::time::timeout(PATIENCE, life(client)));
    }
    for outcome in clients.join_all().await {
        outcome.expect("no client waits for ever").unwrap();
    }
}

async fn life(mut client: Client) -> Result<(), SessionError> {
    for n in 1..=VISITS {
        assert_eq!(client.visit().await?, n);
    }
    assert_eq!(client.look().await?, Some((client.number(), VISITS)));
    client.leave().await
}

macro_rules! on {
    ($database:ident) => {
        mod $database {
            use super::*;
            use crate::databases::$database::Site;

            #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn five_hundred_requests_share_two_connections() {
                let _alone = alone().await;
                let site = Site::durable(CONNECTIONS).await;
                let app = app_with_limit(site.store().await, PATIENCE);
                all_are_answered(&app).await;
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
