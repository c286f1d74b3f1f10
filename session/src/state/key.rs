use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

/// A key of the session state together with the type of its value.
///
/// Declared once, it keeps every reader and writer of the value in agreement.
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
/// session.insert(VISITS, visits + 1).await?;
/// // The same with a plain key:
/// let visits: Option<u64> = session.get("visits").await?;
/// # Ok(())
/// # }
/// ```
pub struct StateKey<T> {
    name: &'static str,
    value: PhantomData<fn() -> T>,
}

impl<T> StateKey<T> {
    /// The key called `name`.
    pub const fn new(name: &'static str) -> Self {
        Self {
            name,
            value: PhantomData,
        }
    }

    /// The name under which the value is stored.
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

impl<T> fmt::Debug for StateKey<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StateKey({:?})", self.name)
    }
}

/// What can name a value in the session state: a [`StateKey`] or a text.
pub trait KeyName: sealed::Sealed {
    /// The name under which the value is stored.
    fn into_name(self) -> Cow<'static, str>;
}

/// What can name a value of type `T`: a [`StateKey<T>`], or a text for any `T`.
pub trait Key<T>: KeyName {}

impl<T> KeyName for StateKey<T> {
    fn into_name(self) -> Cow<'static, str> {
        Cow::Borrowed(self.name)
    }
}

impl KeyName for &'static str {
    fn into_name(self) -> Cow<'static, str> {
        Cow::Borrowed(self)
    }
}

impl KeyName for String {
    fn into_name(self) -> Cow<'static, str> {
        Cow::Owned(self)
    }
}

impl<T> Key<T> for StateKey<T> {}
impl<T> Key<T> for &'static str {}
impl<T> Key<T> for String {}

mod sealed {
    pub trait Sealed {}
    impl<T> Sealed for super::StateKey<T> {}
    impl Sealed for &'static str {}
    impl Sealed for String {}
}
