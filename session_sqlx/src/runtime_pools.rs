use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, PoisonError, RwLock, RwLockWriteGuard, Weak};
use std::time::Duration;

use sqlx::{Database, Error, Pool};
use tokio::runtime::{Handle, Id};
use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::connection_limit::ConnectionLimit;
use crate::runtime_pool::{Held, RuntimePool};

/// The interval at which a runtime closes connections that it does not need.
const UPKEEP: Duration = Duration::from_secs(30);

/// The largest number of connections that all runtimes open at the same moment. It is so large that
/// none of them waits for another one.
pub(crate) const OPENING: u32 = 1_000;

/// The connections that a store opens: some for each runtime that uses it.
///
/// Pavex serves requests with a runtime for each worker thread. The runtime that opened a
/// connection reads from it. If operations of another worker used it, each answer would change
/// threads, and would wait while the first worker computes. A connection in use would be missing
/// for as long.
pub(crate) struct RuntimePools<DB: Database> {
    opener: Pool<DB>,
    limit: Arc<ConnectionLimit>,
    /// Small and rarely changed: a process has few runtimes.
    pools: RwLock<HashMap<Id, Arc<RuntimePool<DB>>>>,
}

impl<DB: Database> RuntimePools<DB> {
    /// Opens at most this number of connections by a pool that has none itself.
    pub(crate) fn new(opener: Pool<DB>, limit: u32) -> Arc<Self> {
        Arc::new(Self {
            opener,
            limit: Arc::new(ConnectionLimit::new(limit)),
            pools: RwLock::default(),
        })
    }

    pub(crate) fn opener(&self) -> &Pool<DB> {
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
                let pool = RuntimePool::new(self.opener.clone(), self.limit.clone(), end);
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
        self.opener.close().await;
        loop {
            let freed = self.limit.freed().notified();
            for pool in self.all() {
                pool.close_idle().await;
            }
            if self.limit.open() == 0 {
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
struct Upkeep<DB: Database> {
    pools: Weak<RuntimePools<DB>>,
    pool: Weak<RuntimePool<DB>>,
    runtime: Id,
}

impl<DB: Database> Upkeep<DB> {
    async fn run(self, mut ended: oneshot::Receiver<()>) {
        while timeout(UPKEEP, &mut ended).await.is_err() {
            if let Some(pool) = self.pool.upgrade() {
                pool.close_stale().await;
            }
        }
    }
}

impl<DB: Database> Drop for Upkeep<DB> {
    fn drop(&mut self) {
        let pools = self.pools.upgrade();
        // Dropped without the lock: it closes connections.
        let _pool = pools.and_then(|pools| pools.write().remove(&self.runtime));
    }
}

#[cfg(test)]
#[cfg(feature = "sqlite")]
mod tests {
    use std::pin::pin;
    use std::task::{Context, Waker};

    use sqlx::Sqlite;
    use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
    use tokio::runtime::{Builder, Runtime};

    use super::*;

    fn pools(limit: u32) -> Arc<RuntimePools<Sqlite>> {
        let options = SqliteConnectOptions::new().in_memory(true);
        let opener = SqlitePoolOptions::new().max_connections(OPENING);
        RuntimePools::new(opener.connect_lazy_with(options), limit)
    }

    fn runtime() -> Runtime {
        Builder::new_current_thread().enable_all().build().unwrap()
    }

    /// Returns `true` if there is no connection for an operation now.
    fn has_to_wait(pools: &Arc<RuntimePools<Sqlite>>) -> bool {
        let taken = pin!(pools.take());
        let poll = taken.poll(&mut Context::from_waker(Waker::noop()));
        poll.is_pending()
    }

    fn put_back(mut held: Held<Sqlite>) {
        held.keep();
    }

    #[test]
    fn one_runtime_may_have_all_connections() {
        let runtime = runtime();
        runtime.block_on(async {
            let pools = pools(2);
            let (first, second) = (pools.take().await.unwrap(), pools.take().await.unwrap());
            assert!(has_to_wait(&pools));
            assert_eq!(pools.limit.open(), 2);
            put_back(first);
            put_back(second);
            put_back(pools.take().await.unwrap());
            assert_eq!(pools.limit.open(), 2);
        });
    }

    #[test]
    fn each_runtime_has_its_share_and_another_one_closes_what_exceeds_the_limit() {
        let (first, second) = (runtime(), runtime());
        let pools = first.block_on(async { pools(4) });
        let of_first = [(); 4].map(|()| first.block_on(pools.take()).unwrap());
        let of_second = [(); 2].map(|()| second.block_on(pools.take()).unwrap());
        assert_eq!(pools.limit.open(), 6);
        of_first.into_iter().chain(of_second).for_each(put_back);
        assert_eq!(pools.limit.open(), 4);
    }

    #[test]
    fn a_runtime_that_opens_its_share_closes_what_others_have_idle_beyond_the_limit() {
        let (first, second) = (runtime(), runtime());
        let pools = first.block_on(async { pools(4) });
        let of_first = [(); 4].map(|()| first.block_on(pools.take()).unwrap());
        of_first.into_iter().for_each(put_back);
        let of_second = [(); 2].map(|()| second.block_on(pools.take()).unwrap());
        assert_eq!(pools.limit.open(), 4);
        of_second.into_iter().for_each(put_back);
    }

    #[test]
    fn each_runtime_has_a_connection_if_there_are_more_of_them_than_the_limit() {
        let runtimes = [(); 3].map(|()| runtime());
        let pools = runtimes[0].block_on(async { pools(1) });
        for _ in 0..2 {
            let taken = runtimes
                .each_ref()
                .map(|it| it.block_on(pools.take()).unwrap());
            assert_eq!(pools.limit.open(), 3);
            taken.into_iter().for_each(put_back);
        }
        assert_eq!(pools.limit.open(), 3);
    }

    #[test]
    fn the_end_of_a_runtime_closes_its_connections() {
        let (main, worker) = (runtime(), runtime());
        let pools = main.block_on(async { pools(2) });
        put_back(worker.block_on(pools.take()).unwrap());
        assert_eq!((pools.write().len(), pools.limit.open()), (1, 1));
        drop(worker);
        assert_eq!((pools.write().len(), pools.limit.open()), (0, 0));
    }

    #[test]
    fn connections_without_use_are_closed_after_a_while() {
        runtime().block_on(async {
            let pools = pools(2);
            put_back(pools.take().await.unwrap());
            tokio::time::pause();
            tokio::time::advance(Duration::from_secs(200)).await;
            tokio::time::resume();
            while pools.limit.open() > 0 {
                tokio::task::yield_now().await;
            }
            put_back(pools.take().await.unwrap());
            assert_eq!(pools.limit.open(), 1);
        });
    }

    #[test]
    fn a_connection_whose_operation_did_not_end_is_closed() {
        runtime().block_on(async {
            let pools = pools(2);
            drop(pools.take().await.unwrap());
            assert_eq!(pools.limit.open(), 0);
            let mut failed = pools.take().await.unwrap();
            failed.fail();
            assert_eq!(pools.limit.open(), 0);
            drop(failed);
            put_back(pools.take().await.unwrap());
            assert_eq!(pools.limit.open(), 1);
        });
    }

    #[test]
    fn closing_waits_for_connections_in_use() {
        runtime().block_on(async {
            let pools = pools(2);
            let held = pools.take().await.unwrap();
            put_back(pools.take().await.unwrap());
            let closing = tokio::spawn({
                let pools = pools.clone();
                async move { pools.close().await }
            });
            while pools.limit.open() > 1 {
                tokio::task::yield_now().await;
            }
            assert!(!closing.is_finished());
            put_back(held);
            closing.await.unwrap();
            assert!(matches!(pools.take().await, Err(Error::PoolClosed)));
        });
    }
}
