use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::task::AbortHandle;

use crate::shards::Shards;

/// The background task that drops expired records; it ends when this is dropped.
pub(crate) struct Cleaner {
    interval: Duration,
    task: Mutex<Option<AbortHandle>>,
}

/// So many records are dropped before other users of the shard, and other tasks, have their turn.
const BATCH: usize = 256;
const SHORTEST_INTERVAL: Duration = Duration::from_millis(1);

impl Cleaner {
    pub(crate) fn new(interval: Duration) -> Self {
        Self {
            interval: interval.max(SHORTEST_INTERVAL),
            task: Mutex::default(),
        }
    }

    /// Starts the task, unless it runs already or there is no runtime to start it on.
    ///
    /// A task ends with its runtime; the next runtime that uses the store gets a new one.
    pub(crate) fn ensure_running(&self, shards: &Arc<Shards>) {
        // If the lock is taken, somebody else is just doing this.
        let Ok(mut task) = self.task.try_lock() else {
            return;
        };
        if task.as_ref().is_some_and(|task| !task.is_finished()) {
            return;
        }
        if let Ok(runtime) = Handle::try_current() {
            let cleaning = keep_clean(Arc::downgrade(shards), self.interval);
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

async fn keep_clean(shards: Weak<Shards>, interval: Duration) {
    loop {
        tokio::time::sleep(interval).await;
        for shard in 0..Shards::COUNT {
            loop {
                // Held for one batch only: the task must not keep the records alive.
                let Some(shards) = shards.upgrade() else {
                    return;
                };
                let dropped = shards.remove_expired_of(shard, BATCH);
                drop(shards);
                if dropped < BATCH {
                    break;
                }
                tokio::task::yield_now().await;
            }
        }
    }
}
