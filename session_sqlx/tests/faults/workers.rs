//! The number of connections of several workers, each with a runtime of its own.

use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use session::store::SessionStorageBackend;
use session_conformance::id;
use session_test_support::{Proxy, alone};
use tokio::runtime::Builder;
use tokio::sync::oneshot::{Receiver, Sender, channel};
use tokio::task::JoinSet;

const WORKERS: usize = 6;
const LOADS: u64 = 50;

/// Far more time than a server requires to notice the end of a connection.
const PATIENCE: Duration = Duration::from_secs(60);

/// A thread with a runtime of its own, which loads many records at once, and then goes on until
/// this is dropped.
struct Worker {
    loaded: Option<Receiver<()>>,
    end: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Worker {
    fn new(store: impl SessionStorageBackend + Clone) -> Self {
        let ((loads, loaded), (end, ended)) = (channel(), channel::<()>());
        let thread = thread::spawn(move || {
            let worker = Builder::new_current_thread().enable_all().build().unwrap();
            worker.block_on(async {
                load_at_once(&store).await;
                _ = loads.send(());
                _ = ended.await;
            });
        });
        Self {
            loaded: Some(loaded),
            end: Some(end),
            thread: Some(thread),
        }
    }

    async fn has_loaded(&mut self) {
        self.loaded.take().unwrap().await.unwrap();
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        drop(self.end.take());
        self.thread.take().unwrap().join().unwrap();
    }
}

async fn load_at_once(store: &(impl SessionStorageBackend + Clone)) {
    let mut loads = JoinSet::new();
    for n in 0..LOADS {
        let store = store.clone();
        loads.spawn(async move { store.load(id(n)).await.unwrap() });
    }
    loads.join_all().await;
}

macro_rules! on {
    ($database:ident, $count:expr) => {
        mod $database {
            use super::*;
            use crate::databases::$database::Site;

            /// The worker of the test, which has migrated, has a connection as well.
            async fn expect_connections(limit: u32, expected: i64) {
                let site = Site::fast(1).await;
                let proxy = Proxy::to(&site.server).await;
                let store = site.configured_through(&proxy, limit).await;
                let mut workers = [(); WORKERS].map(|()| Worker::new(store.clone()));
                for worker in &mut workers {
                    worker.has_loaded().await;
                }
                let start = Instant::now();
                let mut count = 0;
                while count != expected && start.elapsed() < PATIENCE {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                    count = site.count($count).await;
                }
                drop(workers);
                assert_eq!(count, expected);
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn each_worker_has_two_connections_if_the_limit_is_lower() {
                let _alone = alone().await;
                expect_connections(4, 13).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn all_workers_together_open_as_many_connections_as_the_limit() {
                let _alone = alone().await;
                expect_connections(20, 20).await;
            }
        }
    };
}

#[cfg(feature = "postgres")]
on!(
    postgres,
    "SELECT COUNT(*) FROM pg_stat_activity \
     WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
);
#[cfg(feature = "mysql")]
on!(mysql, COUNT_IN_MYSQL);

// MySQL fails to list the processes if a statement has binary parameters.
#[cfg(feature = "mysql")]
const COUNT_IN_MYSQL: &str = "SELECT COUNT(*) - 1 FROM \
     /*M! information_schema.processlist WHERE user <> 'system user' */ \
     /*!80000 performance_schema.threads WHERE name = 'thread/sql/one_connection' */";

/// MySQL counts and logs each connection that ends without a message.
#[cfg(feature = "mysql")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_is_told_that_a_connection_beyond_the_limit_is_closed() {
    const LIMIT: u32 = 8;
    let _alone = alone().await;
    let site = crate::databases::mysql::Site::fast(1).await;
    let proxy = Proxy::to(&site.server).await;
    let store = site.configured_through(&proxy, LIMIT).await;
    let mut workers = Vec::new();
    for _ in 0..2 {
        let mut worker = Worker::new(store.clone());
        worker.has_loaded().await;
        workers.push(worker);
    }
    let start = Instant::now();
    while site.count(COUNT_IN_MYSQL).await != i64::from(LIMIT) && start.elapsed() < PATIENCE {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let aborted =
        sqlx::query_as::<_, (String, String)>("SHOW GLOBAL STATUS LIKE 'Aborted_clients'");
    let (_, aborted) = aborted.fetch_one(&site.pool).await.unwrap();
    assert_eq!(site.count(COUNT_IN_MYSQL).await, i64::from(LIMIT));
    assert_eq!(aborted, "0");
}
