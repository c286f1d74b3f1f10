use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

/// The owner of a session, typically named by the primary key of a user.
///
/// A principal is a text of 1 to 255 bytes without NUL, which every store can hold and index. Two
/// are equal if all their bytes are.
///
/// A handler with a `&Principal` among its inputs is called only for a visitor who is logged in:
/// see [`PrincipalError`](crate::PrincipalError). A page for everybody asks for an
/// `&Option<Principal>`.
///
/// # Example
///
/// ```
/// # use session_kit as session;
/// use pavex::Response;
/// use session::Principal;
///
/// pub async fn account(principal: &Principal) -> Response {
///     Response::ok().set_typed_body(format!("the account of {principal}"))
/// }
///
/// let principal = Principal::from(42);
/// assert_eq!(principal.as_str(), "42");
/// assert_eq!(principal.parse::<i64>(), Ok(42));
/// assert!(Principal::new("").is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Principal(Arc<str>);

impl Principal {
    /// The largest length, in bytes.
    pub const MAX_LEN: usize = 255;

    /// Creates the principal with this name.
    ///
    /// # Errors
    ///
    /// Returns [`InvalidPrincipal`] if `text` is empty, has more than [`MAX_LEN`](Self::MAX_LEN)
    /// bytes, or contains a NUL character.
    pub fn new(text: impl Into<Arc<str>>) -> Result<Self, InvalidPrincipal> {
        let text = text.into();
        if text.is_empty() || text.len() > Self::MAX_LEN || text.contains('\0') {
            return Err(InvalidPrincipal { len: text.len() });
        }
        Ok(Self(text))
    }

    /// Returns the name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Parses the name as a key of type `K`.
    ///
    /// # Errors
    ///
    /// Returns the error of `K` if the name is not such a key.
    pub fn parse<K: FromStr>(&self) -> Result<K, K::Err> {
        self.0.parse()
    }
}

macro_rules! from_keys {
    ($($key:ty),*) => {$(
        impl From<$key> for Principal {
            fn from(key: $key) -> Self {
                // The text of a key is neither empty nor long.
                Self(key.to_string().into())
            }
        }
    )*};
}

from_keys!(i32, u32, i64, u64, Uuid);

impl FromStr for Principal {
    type Err = InvalidPrincipal;

    fn from_str(text: &str) -> Result<Self, InvalidPrincipal> {
        Self::new(text)
    }
}

impl TryFrom<&str> for Principal {
    type Error = InvalidPrincipal;

    fn try_from(text: &str) -> Result<Self, InvalidPrincipal> {
        Self::new(text)
    }
}

impl TryFrom<String> for Principal {
    type Error = InvalidPrincipal;

    fn try_from(text: String) -> Result<Self, InvalidPrincipal> {
        Self::new(text)
    }
}

impl AsRef<str> for Principal {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for Principal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Principal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

/// The text cannot name a principal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a principal has 1 to {max} bytes and no NUL character; this one has {len} bytes", max = Principal::MAX_LEN)]
pub struct InvalidPrincipal {
    len: usize,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_principal_is_a_text_that_every_store_can_index() {
        assert!(Principal::new("x".repeat(255)).is_ok());
        for bad in ["", "a\0b", &"x".repeat(256)] {
            assert!(Principal::new(bad).is_err(), "{bad:?}");
            assert!(bad.parse::<Principal>().is_err(), "{bad:?}");
            let json = serde_json::to_string(bad).unwrap();
            let read = serde_json::from_str::<Principal>(&json);
            assert!(read.unwrap_err().to_string().contains("1 to 255 bytes"));
        }
    }

    #[test]
    fn a_principal_is_written_as_its_name() {
        let json = serde_json::to_string(&Principal::from(42)).unwrap();
        assert_eq!(json, r#""42""#);
        let read: Principal = serde_json::from_str(&json).unwrap();
        assert_eq!(read, Principal::from(42_u64));
        assert_eq!(Principal::try_from("42").unwrap().as_ref(), "42");
        assert_eq!(Principal::try_from("42".to_owned()), Ok(read));
    }
}
