use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, PoisonError, RwLock, RwLockWriteGuard, Weak};
use std::time::Duration;

use sqlx::Error;
use tokio::runtime::{Handle, Id};
use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::connection_limit::ConnectionLimit;
use crate::opener::{Opener, Opens};
use crate::runtime_pool::{Held, RuntimePool};

/// The interval at which a runtime closes connections that it does not need.
const UPKEEP: Duration = Duration::from_secs(30);

/// The connections that a store opens: some for each runtime that uses it.
///
/// Pavex serves requests with a runtime for each worker thread. The runtime that opened a
/// connection reads from it. If operations of another worker used it, each answer would change
/// threads, and would wait while the first worker computes. A connection in use would be missing
/// for as long.
pub(crate) struct RuntimePools<DB: Opens> {
    opener: Arc<Opener<DB>>,
    limit: Arc<ConnectionLimit>,
    longest_wait: Duration,
    /// Small and rarely changed: a process has few runtimes.
    pools: RwLock<HashMap<Id, Arc<RuntimePool<DB>>>>,
}

impl<DB: Opens> RuntimePools<DB> {
    /// `limit` is the number of connections, and an operation waits for one at most for
    /// `longest_wait`.
    pub(crate) fn new(opener: Opener<DB>, limit: u32, longest_wait: Duration) -> Arc<Self> {
        Arc::new(Self {
            opener: Arc::new(opener),
            limit: Arc::new(ConnectionLimit::new(limit)),
            longest_wait,
            pools: RwLock::default(),
        })
    }

    pub(crate) fn opener(&self) -> &Opener<DB> {
        &self.opener
    }

    /// Returns a connection of the runtime that polls the caller.
    pub(crate) async fn take(self: &Arc<Self>) -> Result<Held<DB>, Error> {
        let held = self.of_this_runtime().take().await?;
        if held.is_new() {
            for pool in self.all() {
                pool.close_surplus();
            }
        }
        Ok(held)
    }

    fn of_this_runtime(self: &Arc<Self>) -> Arc<RuntimePool<DB>> {
        let runtime = Handle::current().id();
        let pools = self.pools.read();
        // Nothing is half done after a panic: a holder of the lock looks up, inserts or removes.
        let pools = pools.unwrap_or_else(PoisonError::into_inner);
        match pools.get(&runtime) {
            Some(pool) => pool.clone(),
            None => {
                drop(pools);
                self.add(runtime)
            }
        }
    }

    fn add(self: &Arc<Self>, runtime: Id) -> Arc<RuntimePool<DB>> {
        let (end, ended) = oneshot::channel();
        let pool = match self.write().entry(runtime) {
            Entry::Occupied(other) => return other.get().clone(),
            Entry::Vacant(place) => {
                let (opener, limit) = (self.opener.clone(), self.limit.clone());
                let pool = RuntimePool::new(opener, limit, self.longest_wait, end);
                place.insert(Arc::new(pool)).clone()
            }
        };
        let upkeep = Upkeep {
            pools: Arc::downgrade(self),
            pool: Arc::downgrade(&pool),
            runtime,
        };
        tokio::spawn(upkeep.run(ended));
        pool
    }

    /// Closes all connections, for good, after the operations that run.
    #[cfg(feature = "sqlite")]
    pub(crate) async fn close(&self) {
        self.opener.close();
        loop {
            let freed = self.limit.freed().notified();
            for pool in self.all() {
                pool.close_idle().await;
            }
            if self.limit.existing() == 0 {
                return;
            }
            freed.await;
        }
    }

    fn all(&self) -> Vec<Arc<RuntimePool<DB>>> {
        self.write().values().cloned().collect()
    }

    fn write(&self) -> RwLockWriteGuard<'_, HashMap<Id, Arc<RuntimePool<DB>>>> {
        let pools = self.pools.write();
        pools.unwrap_or_else(PoisonError::into_inner)
    }
}

/// The task of a runtime that closes its idle connections. When the runtime ends, so does the task,
/// and the pool goes with it: another runtime may have the same id.
struct Upkeep<DB: Opens> {
    pools: Weak<RuntimePools<DB>>,
    pool: Weak<RuntimePool<DB>>,
    runtime: Id,
}

impl<DB: Opens> Upkeep<DB> {
    async fn run(self, mut ended: oneshot::Receiver<()>) {
        while timeout(UPKEEP, &mut ended).await.is_err() {
            if let Some(pool) = self.pool.upgrade() {
                pool.close_stale();
            }
        }
    }
}

impl<DB: Opens> Drop for Upkeep<DB> {
    fn drop(&mut self) {
        let pools = self.pools.upgrade();
        // Dropped without the lock: it closes connections.
        let _pool = pools.and_then(|pools| pools.write().remove(&self.runtime));
    }
}

#[cfg(test)]
#[cfg(feature = "sqlite")]
mod tests;
