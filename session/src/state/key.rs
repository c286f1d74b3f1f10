use std::borrow::Cow;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;

use super::name::Name;

/// A key of the session state together with the type of its value.
///
/// Declared once, it keeps all readers and writers of the value in agreement. A text is a key, too,
/// for a value of any type.
///
/// # Example
///
/// ```
/// # use session_kit as session;
/// use session::StateKey;
///
/// const VISITS: StateKey<u64> = StateKey::new("visits");
///
/// # async fn handler(session: &mut session::Session) -> Result<(), session::SessionError> {
/// let visits = session.get(VISITS).await?.unwrap_or(0);
/// session.insert(VISITS, &(visits + 1)).await?;
///
/// // The same with a text as key:
/// let visits: Option<u64> = session.get("visits").await?;
/// # Ok(())
/// # }
/// ```
pub struct StateKey<T> {
    name: &'static str,
    value: PhantomData<fn() -> T>,
}

impl<T> StateKey<T> {
    /// Declares the key `name` of values of type `T`.
    pub const fn new(name: &'static str) -> Self {
        Self {
            name,
            value: PhantomData,
        }
    }

    /// Returns the name under which the value is stored.
    pub const fn name(self) -> &'static str {
        self.name
    }
}

impl<T> Clone for StateKey<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for StateKey<T> {}

impl<T> PartialEq for StateKey<T> {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl<T> Eq for StateKey<T> {}

impl<T> PartialOrd for StateKey<T> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> Ord for StateKey<T> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.name.cmp(other.name)
    }
}

impl<T> Hash for StateKey<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl<T> fmt::Debug for StateKey<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StateKey({:?})", self.name)
    }
}

impl<T> fmt::Display for StateKey<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// The name of a value in the session state: a [`StateKey`] or a text.
pub trait KeyName: Name {}

/// The key of a value of type `T`: a [`StateKey<T>`], or a text for any `T`.
pub trait KeyFor<T>: KeyName {}

impl<T> KeyName for StateKey<T> {}
impl KeyName for &str {}
impl KeyName for String {}
impl<K: KeyName> KeyName for &K {}

impl<T> KeyFor<T> for StateKey<T> {}
impl<T> KeyFor<T> for &str {}
impl<T> KeyFor<T> for String {}
impl<T, K: KeyFor<T>> KeyFor<T> for &K {}

impl<T> Name for StateKey<T> {
    fn name(&self) -> &str {
        self.name
    }

    fn into_name(self) -> Cow<'static, str> {
        Cow::Borrowed(self.name)
    }
}
