use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::task::AbortHandle;

use crate::shards::Shards;

/// The background task that removes expired records; dropping this value ends it.
pub(crate) struct Cleaner {
    interval: Duration,
    task: Mutex<Option<AbortHandle>>,
}

/// The number of records that are removed before the shard is unlocked and other tasks may run.
const BATCH: usize = 256;

const SHORTEST_INTERVAL: Duration = Duration::from_millis(1);

impl Cleaner {
    pub(crate) fn new(interval: Duration) -> Self {
        Self {
            interval: interval.max(SHORTEST_INTERVAL),
            task: Mutex::default(),
        }
    }

    /// Starts the task, unless it is running or there is no runtime to start it on.
    ///
    /// The task ends with its runtime; the next runtime that uses the store starts a new one.
    pub(crate) fn ensure_running(&self, shards: &Arc<Shards>) {
        // If another thread holds the lock, it is starting the task.
        let Ok(mut task) = self.task.try_lock() else {
            return;
        };
        if task.as_ref().is_some_and(|task| !task.is_finished()) {
            return;
        }
        if let Ok(runtime) = Handle::try_current() {
            let cleaning = clean_periodically(Arc::downgrade(shards), self.interval);
            *task = Some(runtime.spawn(cleaning).abort_handle());
        }
    }
}

impl Drop for Cleaner {
    fn drop(&mut self) {
        if let Ok(Some(task)) = self.task.get_mut() {
            task.abort();
        }
    }
}

/// Returns once the store has been dropped.
async fn clean_periodically(shards: Weak<Shards>, interval: Duration) {
    loop {
        tokio::time::sleep(interval).await;
        for shard in 0..Shards::COUNT {
            if clean(&shards, shard).await.is_none() {
                return;
            }
        }
    }
}

/// Removes all expired records of a shard. Returns `None` if the store has been dropped.
async fn clean(shards: &Weak<Shards>, shard: usize) -> Option<()> {
    // Upgraded for one batch at a time, so that the task does not keep the records alive.
    while shards.upgrade()?.remove_expired_of(shard, BATCH) == BATCH {
        tokio::task::yield_now().await;
    }
    Some(())
}
