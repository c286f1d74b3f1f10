//! Connections are lost without a word: nothing comes through them any more, and none is closed.

use std::time::{Duration, Instant};

use session::testing::TestApp;

use crate::alone::alone;
use crate::databases::{LIMIT, MARGIN, app};
use crate::ledger::check_all;
use crate::load::{Load, expect_typed_and_timely, summary};
use crate::proxy::Proxy;

const CLIENTS: usize = 16;
const CONNECTIONS: u32 = 4;
const SILENCES: u32 = 3;

/// What waits for an answer is given up after the limit; new connections then take its place.
const RECOVERY_LIMIT: Duration = Duration::from_secs(10);

async fn new_connections_take_the_place_of_lost_ones(app: &TestApp, proxy: &Proxy) {
    let load = Load::start(app, CLIENTS);
    for _ in 0..SILENCES {
        all_are_served(&load).await;
        proxy.silence();
    }
    all_are_served(&load).await;
    let (entries, answers) = load.finish().await;
    expect_typed_and_timely(&answers, LIMIT + MARGIN);
    check_all(app, &entries).await;
    eprintln!("{}", summary(&answers));
}

async fn all_are_served(load: &Load) {
    let served = load.all_are_served_since(Instant::now());
    let served = tokio::time::timeout(RECOVERY_LIMIT, served).await;
    served.expect("the application recovers");
}

macro_rules! on {
    ($database:ident) => {
        mod $database {
            use super::*;
            use crate::databases::$database::Site;

            #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn new_connections_take_the_place_of_lost_ones() {
                let _alone = alone().await;
                let mut site = Site::durable(1).await;
                let proxy = Proxy::to(site.server.address()).await;
                site.connect_through(&proxy, CONNECTIONS).await;
                let app = app(site.store().await, LIMIT);
                super::new_connections_take_the_place_of_lost_ones(&app, &proxy).await;
            }
        }
    };
}

#[cfg(feature = "postgres")]
on!(postgres);
#[cfg(feature = "mysql")]
on!(mysql);
