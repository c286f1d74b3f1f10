use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::errors::Cause;

/// The table of the members: their names, compared byte by byte, and the hashes of their passwords.
#[async_trait::async_trait]
pub(crate) trait UserTable: Send + Sync {
    /// Inserts a member. Returns `false`, and changes nothing, if the name is taken.
    async fn insert(&self, name: &str, password_hash: &str) -> Result<bool, Cause>;

    /// Replaces a member's hash in one step. Returns `false`, and changes nothing, if the hash is
    /// not the old one, or if there is no member of that name.
    async fn replace_password_hash(&self, name: &str, old: &str, new: &str) -> Result<bool, Cause>;

    /// Returns a member's hash, or `None` if there is no member of that name.
    async fn password_hash(&self, name: &str) -> Result<Option<String>, Cause>;
}

/// The table in the memory of this process.
#[derive(Default)]
pub(super) struct MemoryUsers(Mutex<HashMap<String, String>>);

impl MemoryUsers {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, String>> {
        // No method panics while it holds the lock.
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

    async fn replace_password_hash(&self, name: &str, old: &str, new: &str) -> Result<bool, Cause> {
        match self.lock().get_mut(name) {
            Some(hash) if hash == old => {
                new.clone_into(hash);
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    async fn password_hash(&self, name: &str) -> Result<Option<String>, Cause> {
        Ok(self.lock().get(name).cloned())
    }
}
