use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use pavex::request::RequestHead;
use pavex::{Response, methods};
use uuid::Uuid;

use crate::config::SessionPolicy;
use crate::errors::SessionError;
use crate::redirect;
use crate::session::Session;

/// Whom a session belongs to: typically the primary key of a user.
///
/// 1 to 255 bytes without NUL, which is what every store can hold and index. Compared byte for byte.
///
/// As an input of a handler it is the one who is logged in, and a request of nobody does not reach
/// the handler: see [`PrincipalError`]. For a page that serves both, take an `Option<Principal>`.
///
/// # Example
///
/// ```
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

#[methods]
impl Principal {
    /// The principal of the request's session.
    ///
    /// # Errors
    ///
    /// If nobody is logged in, or the record cannot be loaded.
    #[request_scoped(allow(unused))]
    pub async fn required(session: &Session) -> Result<Self, PrincipalError> {
        session
            .principal()
            .await?
            .ok_or(PrincipalError::NotLoggedIn)
    }

    /// The principal of the request's session, if somebody is logged in.
    ///
    /// # Errors
    ///
    /// If the record cannot be loaded.
    #[request_scoped(allow(unused))]
    pub async fn optional(session: &Session) -> Result<Option<Principal>, SessionError> {
        session.principal().await
    }
}

/// Why a handler that asks for a [`Principal`] was not called.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PrincipalError {
    /// Nobody is logged in.
    #[error("nobody is logged in")]
    NotLoggedIn,
    /// The session could not be read.
    #[error(transparent)]
    Session(#[from] SessionError),
}

#[methods]
impl PrincipalError {
    /// `303 See Other` to `session.log_in.path` if that is set, else an empty `401 Unauthorized`.
    #[error_handler]
    pub fn into_response(
        #[px(error_ref)] &self,
        head: &RequestHead,
        policy: &SessionPolicy,
    ) -> Response {
        match (self, &policy.config().log_in.path) {
            (Self::Session(error), _) => error.into_response(),
            (Self::NotLoggedIn, Some(path)) => redirect::to_page(path, head),
            (Self::NotLoggedIn, None) => Response::unauthorized(),
        }
    }
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
