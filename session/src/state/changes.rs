use std::borrow::Cow;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

use super::json_map::JsonMap;
use crate::errors::SessionError;

/// A change of one value, or of all.
pub(crate) enum Change {
    Write {
        key: Cow<'static, str>,
        /// The new value as JSON; `None` removes it.
        value: Option<String>,
        /// Computes the value again, if another request commits first. Without it, the value is
        /// written as it is, whatever the other request left.
        updater: Option<Updater>,
    },
    Clear,
}

/// Computes the new value from the present one, both as JSON; `None` for no value.
pub(crate) type Updater =
    Arc<dyn Fn(Option<&str>) -> Result<Option<String>, SessionError> + Send + Sync>;

impl Change {
    pub(crate) fn set(key: impl Into<Cow<'static, str>>, json: String) -> Self {
        Self::Write {
            key: key.into(),
            value: Some(json),
            updater: None,
        }
    }

    pub(crate) fn remove(key: impl Into<Cow<'static, str>>) -> Self {
        Self::Write {
            key: key.into(),
            value: None,
            updater: None,
        }
    }

    /// Removes the value under `key`, but only `stored`: it is refused as [`AlreadyTaken`] if
    /// another request has left anything else.
    pub(crate) fn take(key: Cow<'static, str>, stored: String) -> Self {
        let name = key.clone();
        let remove = move |present: Option<&str>| match present == Some(&*stored) {
            true => Ok(None),
            false => Err(SessionError::UpdateRefused {
                key: name.to_string(),
                source: AlreadyTaken.into(),
            }),
        };
        Self::Write {
            key,
            value: None,
            updater: Some(Arc::new(remove)),
        }
    }
}

/// The reason why a removal is not repeated on the state that another request has left.
#[derive(Debug, thiserror::Error)]
#[error("another request has taken or changed the value")]
pub(crate) struct AlreadyTaken;

impl AlreadyTaken {
    pub(crate) fn is_cause_of(error: &SessionError) -> bool {
        matches!(error, SessionError::UpdateRefused { source, .. } if source.is::<Self>())
    }
}

/// The difference between a state that was loaded and the state as it is now.
///
/// It is kept apart from the loaded state: if another request commits first, the same difference is
/// made to the state which that request left.
#[derive(Clone, Default)]
pub(crate) struct Changes {
    removed: Removed,
    by_key: BTreeMap<Cow<'static, str>, Changed>,
}

/// The loaded values that are removed without being named.
#[derive(Clone, Default)]
struct Removed {
    all: bool,
    /// All but the values under these keys, which a log-in keeps; `None` if it removes nothing.
    all_but: Option<Vec<Cow<'static, str>>>,
}

#[derive(Clone)]
struct Changed {
    /// The value as it is now.
    value: Option<String>,
    /// The updates that led from the loaded value to this one; none if it does not depend on the
    /// loaded value.
    updaters: Vec<Updater>,
}

impl Changes {
    pub(crate) const NONE: Self = Self {
        removed: Removed {
            all: false,
            all_but: None,
        },
        by_key: BTreeMap::new(),
    };

    pub(crate) fn is_empty(&self) -> bool {
        !self.removed.all && self.removed.all_but.is_none() && self.by_key.is_empty()
    }

    /// Returns `true` if the loaded value under `key` is removed, unless that is a change of its
    /// own.
    pub(crate) fn removes(&self, key: &str) -> bool {
        self.removed.has(key)
    }

    /// The value under `key` as it is now, if it was changed: `Some(None)` if it was removed.
    pub(crate) fn get(&self, key: &str) -> Option<Option<&str>> {
        let changed = self.by_key.get(key)?;
        Some(changed.value.as_deref())
    }

    /// The changed keys in order, with their values as they are now.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        let changed = self.by_key.iter();
        changed.map(|(key, changed)| (&**key, changed.value.as_deref()))
    }

    pub(crate) fn push(&mut self, change: Change) {
        match change {
            Change::Write {
                key,
                value,
                updater,
            } => self.write(key, value, updater),
            Change::Clear => {
                self.removed.all = true;
                self.by_key.clear();
            }
        }
    }

    /// Removes all values but those under `keys`, also the ones of the changes so far.
    ///
    /// It is repeated on the state that another request commits first, unless [`Self::keep_all`]
    /// takes it back.
    pub(crate) fn keep_only(&mut self, mut keys: Vec<Cow<'static, str>>) {
        self.by_key.retain(|key, _| keys.contains(key));
        keys.retain(|key| !self.removed.has(key));
        self.removed.all_but = Some(keys);
    }

    /// Returns `true` if [`Self::keep_all`] would bring values back.
    pub(crate) fn may_be_joined(&self) -> bool {
        self.removed.all_but.is_some()
    }

    /// Returns `true` if `change` is to a value that updates have computed from the loaded one. On
    /// another value, they may not lead to the same result.
    pub(crate) fn has_update_before(&self, change: &Change) -> bool {
        let is_updated = |changed: &Changed| !changed.updaters.is_empty();
        match change {
            Change::Write { key, .. } => self.by_key.get(key).is_some_and(is_updated),
            Change::Clear => self.by_key.values().any(is_updated),
        }
    }

    /// Takes back that values of the loaded state are removed by [`Self::keep_only`].
    pub(crate) fn keep_all(&mut self) {
        self.removed.all_but = None;
    }

    /// Takes the removal of [`Change::take`] back, if it is still the last change of its key.
    pub(crate) fn undo_take(&mut self, key: &str, stored: String) {
        let Some(changed) = self.by_key.get_mut(key) else {
            return;
        };
        let started_from_loaded = changed.updaters.pop().is_some();
        match started_from_loaded && changed.updaters.is_empty() {
            true => _ = self.by_key.remove(key),
            // The request has written the value before.
            false => changed.value = Some(stored),
        }
    }

    fn write(&mut self, key: Cow<'static, str>, value: Option<String>, updater: Option<Updater>) {
        match self.by_key.entry(key) {
            Entry::Vacant(entry) => {
                // After a clear, it is known from which value an update starts.
                let updaters = updater.filter(|_| !self.removed.all).into_iter().collect();
                entry.insert(Changed { value, updaters });
            }
            Entry::Occupied(entry) => entry.into_mut().push(value, updater),
        }
    }

    /// Makes the changes dependent on `base` in place of the state that was loaded before.
    ///
    /// # Errors
    ///
    /// Returns the error of the first update that fails on the new value, and [`AlreadyTaken`] only
    /// if no other one fails. The keys of all that fail have no change any more then.
    pub(crate) fn rebase(&mut self, base: &JsonMap) -> Result<(), SessionError> {
        let mut failure = None;
        self.by_key.retain(|key, changed| {
            let loaded = base.get(key).filter(|_| !self.removed.has(key));
            let failed = changed.rebase(loaded).err();
            let is_done = failed.is_none();
            if failure.as_ref().is_none_or(AlreadyTaken::is_cause_of) {
                failure = failed.or(failure.take());
            }
            is_done
        });
        failure.map_or(Ok(()), Err)
    }
}

impl Removed {
    fn has(&self, key: &str) -> bool {
        let is_kept = |keys: &Vec<Cow<'static, str>>| keys.iter().any(|kept| kept == key);
        self.all || self.all_but.as_ref().is_some_and(|keys| !is_kept(keys))
    }
}

impl Changed {
    fn push(&mut self, value: Option<String>, updater: Option<Updater>) {
        self.value = value;
        match updater {
            None => self.updaters.clear(),
            Some(updater) if !self.updaters.is_empty() => self.updaters.push(updater),
            // It started from a value that was written as it is.
            Some(_) => {}
        }
    }

    fn rebase(&mut self, loaded: Option<&str>) -> Result<(), SessionError> {
        if let [first, further @ ..] = &*self.updaters {
            let mut value = first(loaded)?;
            for update in further {
                value = update(value.as_deref())?;
            }
            self.value = value;
        }
        Ok(())
    }
}
