use std::borrow::Cow;
use std::time::Duration;

/// The text of a key. The trait is not exported, so that no other crate makes types of keys.
pub trait Name {
    fn name(&self) -> &str;
    fn into_name(self) -> Cow<'static, str>;

    /// The time after which a value that is written now is gone.
    fn valid_for(&self) -> Option<Duration> {
        None
    }
}

impl Name for &str {
    fn name(&self) -> &str {
        self
    }

    fn into_name(self) -> Cow<'static, str> {
        Cow::Owned(self.to_owned())
    }
}

impl Name for String {
    fn name(&self) -> &str {
        self
    }

    fn into_name(self) -> Cow<'static, str> {
        Cow::Owned(self)
    }
}

impl<K: Name> Name for &K {
    fn name(&self) -> &str {
        (**self).name()
    }

    fn into_name(self) -> Cow<'static, str> {
        Cow::Owned(self.name().to_owned())
    }

    fn valid_for(&self) -> Option<Duration> {
        (**self).valid_for()
    }
}
