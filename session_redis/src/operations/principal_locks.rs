use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

use session::Principal;
use tokio::sync::{OwnedRwLockWriteGuard, RwLock, RwLockReadGuard};

/// Locks between the operations of this process on the sessions of one principal.
///
/// The records of a cluster are on several servers, which do not delete them at the same moment.
/// With these locks, a reader of the same store sees all of a deletion or nothing of it.
pub(super) struct PrincipalLocks {
    locks: Vec<Arc<RwLock<()>>>,
    hasher: RandomState,
}

/// The permit to delete. A task of its own may keep it.
pub(super) type WritePermit = OwnedRwLockWriteGuard<()>;

/// The number of locks, of which two principals rarely share one.
const LOCKS: usize = 64;

impl PrincipalLocks {
    /// The locks of a store on a cluster.
    pub(super) fn new() -> Self {
        Self::of(LOCKS)
    }

    /// The locks of a store on one server, which needs none.
    pub(super) fn none() -> Self {
        Self::of(0)
    }

    fn of(count: usize) -> Self {
        Self {
            locks: (0..count).map(|_| Arc::default()).collect(),
            hasher: RandomState::new(),
        }
    }

    /// Waits for the permit to read the sessions of a principal.
    pub(super) async fn read(&self, principal: &Principal) -> Option<RwLockReadGuard<'_, ()>> {
        Some(self.lock(principal)?.read().await)
    }

    /// Waits for the permit to delete sessions of a principal.
    pub(super) async fn write(&self, principal: &Principal) -> Option<WritePermit> {
        Some(self.lock(principal)?.clone().write_owned().await)
    }

    /// Waits for the permits to delete sessions of all principals.
    pub(super) async fn write_all(&self) -> Vec<WritePermit> {
        let mut permits = Vec::with_capacity(self.locks.len());
        // The order is always the same, so two callers never wait for each other.
        for lock in &self.locks {
            permits.push(lock.clone().write_owned().await);
        }
        permits
    }

    fn lock(&self, principal: &Principal) -> Option<&Arc<RwLock<()>>> {
        let hash = self.hasher.hash_one(principal) % LOCKS as u64;
        self.locks.get(usize::try_from(hash).ok()?)
    }
}
