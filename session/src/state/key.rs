use std::borrow::Cow;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::time::Duration;

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
    valid_for: Option<Duration>,
    value: PhantomData<fn() -> T>,
}

impl<T> StateKey<T> {
    /// Declares the key `name` of values of type `T`.
    pub const fn new(name: &'static str) -> Self {
        Self {
            name,
            valid_for: None,
            value: PhantomData,
        }
    }

    /// Declares the key `name` of values that are gone a while after they were written, such as the
    /// `state` of a log-in elsewhere.
    ///
    /// - Each [`insert`](crate::Session::insert) and each [`update`](crate::Session::update) with
    ///   this key starts the time anew. A write with another key of that name removes the deadline.
    /// - The deadline belongs to the value. A read with any key of that name finds nothing once it
    ///   has passed. The next request that loads the session and changes it drops the value from
    ///   the store.
    /// - [`take`](crate::Session::take) returns such a value to one request only, also of several
    ///   parallel ones.
    /// - The time is that of the session's clock. The value does not outlive its session.
    ///
    /// The value also expires in the client-side state. There, the client can go back to an older
    /// cookie, in which it may still be valid.
    ///
    /// # Example
    ///
    /// ```
    /// # use session_kit as session;
    /// use std::time::Duration;
    ///
    /// use session::StateKey;
    ///
    /// const OAUTH_STATE: StateKey<String> =
    ///     StateKey::expiring("oauth_state", Duration::from_secs(10 * 60));
    ///
    /// # session::testing::run(session_memory::InMemorySessionStore::new(), async |session| {
    /// session.insert(OAUTH_STATE, "a random text").await?;
    /// assert!(session.contains_key(OAUTH_STATE).await?);
    /// # Ok(()) });
    /// ```
    pub const fn expiring(name: &'static str, valid_for: Duration) -> Self {
        Self {
            name,
            valid_for: Some(valid_for),
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

    fn valid_for(&self) -> Option<Duration> {
        self.valid_for
    }
}
