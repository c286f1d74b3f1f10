use std::borrow::Cow;

/// The text of a key. The trait is not exported, so that no other crate makes types of keys.
pub trait Name {
    fn name(&self) -> &str;
    fn into_name(self) -> Cow<'static, str>;
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
}
