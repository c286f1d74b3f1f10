use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use session::testing::TestApp;
use tokio::task::JoinHandle;

use crate::answer::{Answer, Outcome};
use crate::ledger::Entry;
use crate::report::Report;
use crate::worker::{Shared, Worker};

/// The number of clients of a scenario.
pub const CLIENTS: usize = 16;

/// Clients that send requests until the load is [finished](Self::finish). Each client starts
/// sessions, visits them several times, and ends every other one.
#[derive(Debug)]
pub struct Load {
    shared: Arc<Shared>,
    tasks: Vec<JoinHandle<Vec<Entry>>>,
}

impl Load {
    /// Starts this number of clients.
    pub fn start(app: &TestApp, clients: usize) -> Self {
        let shared = Arc::new(Shared::default());
        let task = |index| {
            let worker = Worker {
                app: app.clone(),
                shared: shared.clone(),
                index,
            };
            tokio::spawn(worker.run())
        };
        Self {
            tasks: (0..clients).map(task).collect(),
            shared,
        }
    }

    /// Makes clients drop half of their requests after 0 to 20 ms, or stop doing so.
    pub fn hang_up(&self, on: bool) {
        self.shared.hang_up.store(on, Ordering::SeqCst);
    }

    /// Waits until each client got a good answer to a request that it began from now on.
    ///
    /// # Panics
    ///
    /// Panics if that takes longer than `limit`.
    pub async fn expect_all_served(&self, limit: Duration) {
        self.expect_all_served_since(Instant::now(), limit).await;
    }

    /// Waits until each client got a good answer to a request that it began after `moment`.
    ///
    /// # Panics
    ///
    /// Panics if that takes longer than `limit` from now on.
    pub async fn expect_all_served_since(&self, moment: Instant, limit: Duration) {
        let served = tokio::time::timeout(limit, self.all_served_since(moment)).await;
        served.expect("each client is served in time");
    }

    async fn all_served_since(&self, moment: Instant) {
        let mut waits_for: Vec<_> = (0..self.tasks.len()).collect();
        while !waits_for.is_empty() {
            assert!(
                self.tasks.iter().all(|task| !task.is_finished()),
                "a client gave up"
            );
            tokio::time::sleep(Duration::from_millis(5)).await;
            for answer in self.answers().iter().rev() {
                if answer.begun > moment && answer.outcome == Outcome::Good {
                    waits_for.retain(|client| *client != answer.client);
                }
            }
        }
    }

    fn answers(&self) -> Vec<Answer> {
        self.shared.answers.lock().unwrap().clone()
    }

    /// Ends the load, and returns what the clients saw.
    pub async fn finish(self) -> Report {
        self.shared.finish.store(true, Ordering::SeqCst);
        let mut entries = vec![];
        for task in self.tasks {
            match task.await {
                Ok(more) => entries.extend(more),
                Err(failed) => std::panic::resume_unwind(failed.into_panic()),
            }
        }
        let answers = std::mem::take(&mut *self.shared.answers.lock().unwrap());
        Report { answers, entries }
    }
}
