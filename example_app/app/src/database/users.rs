use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::errors::Cause;

/// The table of the members: their names, which are unique to the byte, and the hashes of their passwords.
#[async_trait::async_trait]
pub(crate) trait UserTable: Send + Sync {
    /// `false`, and nothing is changed, if somebody has that name.
    async fn insert(&self, name: &str, password_hash: &str) -> Result<bool, Cause>;

    /// Changes nothing if nobody has that name.
    async fn set_password_hash(&self, name: &str, password_hash: &str) -> Result<(), Cause>;

    /// `None` if nobody has that name.
    async fn password_hash(&self, name: &str) -> Result<Option<String>, Cause>;
}

/// The table in the memory of this process.
#[derive(Default)]
pub(super) struct MemoryUsers(Mutex<HashMap<String, String>>);

impl MemoryUsers {
    /// No method panics while it has the lock.
    fn lock(&self) -> MutexGuard<'_, HashMap<String, String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait::async_trait]
impl UserTable for MemoryUsers {
    async fn insert(&self, name: &str, password_hash: &str) -> Result<bool, Cause> {
        match self.lock().entry(name.to_owned()) {
            Entry::Occupied(_) => Ok(false),
            Entry::Vacant(entry) => {
                entry.insert(password_hash.to_owned());
                Ok(true)
            }
        }
    }

    async fn set_password_hash(&self, name: &str, password_hash: &str) -> Result<(), Cause> {
        if let Some(hash) = self.lock().get_mut(name) {
            password_hash.clone_into(hash);
        }
        Ok(())
    }

    async fn password_hash(&self, name: &str) -> Result<Option<String>, Cause> {
        Ok(self.lock().get(name).cloned())
    }
}
