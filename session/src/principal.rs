use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use uuid::Uuid;

/// Whom a session belongs to: typically the primary key of a user.
///
/// 1 to 255 bytes without NUL, which is what every store can hold and index. Compared byte for byte.
///
/// As an input of a handler it is the one who is logged in, and a request of nobody does not reach
/// the handler: see [`PrincipalError`](crate::PrincipalError). For a page that serves both, take an `Option<Principal>`.
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
/// let principal = Principal::from(42_i64);
/// assert_eq!(principal.as_str(), "42");
/// assert_eq!(principal.parse::<i64>(), Ok(42));
/// assert!(Principal::new("").is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Principal(Arc<str>);

impl Principal {
    /// The longest principal, in bytes.
    pub const MAX_LEN: usize = 255;

    /// # Errors
    ///
    /// If `text` is empty, longer than [`MAX_LEN`](Self::MAX_LEN) bytes, or contains a NUL character.
    pub fn new(text: impl Into<Arc<str>>) -> Result<Self, InvalidPrincipal> {
        let text = text.into();
        if text.is_empty() || text.len() > Self::MAX_LEN || text.contains('\0') {
            return Err(InvalidPrincipal { len: text.len() });
        }
        Ok(Self(text))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text as the key that it was made of.
    ///
    /// # Errors
    ///
    /// If it is none of that type.
    pub fn parse<K: FromStr>(&self) -> Result<K, K::Err> {
        self.0.parse()
    }
}

impl From<i64> for Principal {
    fn from(key: i64) -> Self {
        Self(key.to_string().into())
    }
}

impl From<u64> for Principal {
    fn from(key: u64) -> Self {
        Self(key.to_string().into())
    }
}

impl From<Uuid> for Principal {
    fn from(key: Uuid) -> Self {
        Self(key.to_string().into())
    }
}

impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
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
    fn a_principal_is_what_every_store_can_index() {
        assert!(Principal::new("x".repeat(255)).is_ok());
        for bad in ["", "a\0b", &"x".repeat(256)] {
            assert!(Principal::new(bad).is_err(), "{bad:?}");
        }
    }
}
