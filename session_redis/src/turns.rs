use std::hash::{BuildHasher, RandomState};

use session::Principal;
use tokio::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};

/// Who may look at the sessions of a principal, and who may delete several of them, in this process.
///
/// The records of a cluster are on several servers, which do nothing at one moment. With this, whoever asks the
/// same store sees all of a deletion or nothing.
pub(crate) struct Turns {
    locks: Vec<RwLock<()>>,
    hasher: RandomState,
}

/// Two principals rarely share a lock.
const LOCKS: usize = 64;

impl Turns {
    pub(crate) fn new() -> Self {
        Self {
            locks: (0..LOCKS).map(|_| RwLock::default()).collect(),
            hasher: RandomState::new(),
        }
    }

    pub(crate) async fn to_look(&self, principal: &Principal) -> RwLockReadGuard<'_, ()> {
        self.lock(principal).read().await
    }

    pub(crate) async fn to_delete(&self, principal: &Principal) -> RwLockWriteGuard<'_, ()> {
        self.lock(principal).write().await
    }

    /// All at once, always in the same order: so nobody waits for one who waits for them.
    pub(crate) async fn to_sweep(&self) -> Vec<RwLockWriteGuard<'_, ()>> {
        let mut guards = Vec::with_capacity(LOCKS);
        for lock in &self.locks {
            guards.push(lock.write().await);
        }
        guards
    }

    fn lock(&self, principal: &Principal) -> &RwLock<()> {
        let hash = self.hasher.hash_one(principal);
        // The remainder is less than the number of locks, which is an `usize`.
        &self.locks[usize::try_from(hash % LOCKS as u64).unwrap_or(0)]
    }
}
