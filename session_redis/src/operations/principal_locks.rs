use std::hash::{BuildHasher, RandomState};

use session::Principal;
use tokio::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};

/// Locks between the operations of this process on the sessions of one principal.
///
/// The records of a cluster are on several servers, which do not delete them at the same moment.
/// With these locks, a reader of the same store sees all of a deletion or nothing of it.
pub(super) struct PrincipalLocks {
    locks: Vec<RwLock<()>>,
    hasher: RandomState,
}

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
            locks: (0..count).map(|_| RwLock::default()).collect(),
            hasher: RandomState::new(),
        }
    }

    /// Waits for the permit to read the sessions of a principal.
    pub(super) async fn read(&self, principal: &Principal) -> Option<RwLockReadGuard<'_, ()>> {
        Some(self.lock(principal)?.read().await)
    }

    /// Waits for the permit to delete sessions of a principal.
    pub(super) async fn write(&self, principal: &Principal) -> Option<RwLockWriteGuard<'_, ()>> {
        Some(self.lock(principal)?.write().await)
    }

    /// Waits for the permits to delete sessions of all principals.
    pub(super) async fn write_all(&self) -> Vec<RwLockWriteGuard<'_, ()>> {
        let mut permits = Vec::with_capacity(self.locks.len());
        // The order is always the same, so two callers never wait for each other.
        for lock in &self.locks {
            permits.push(lock.write().await);
        }
        permits
    }

    fn lock(&self, principal: &Principal) -> Option<&RwLock<()>> {
        let hash = self.hasher.hash_one(principal) % LOCKS as u64;
        self.locks.get(usize::try_from(hash).ok()?)
    }
}
