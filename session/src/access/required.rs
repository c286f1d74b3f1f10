#![allow(unreachable_pub, reason = "constants that Pavex generates")]

use pavex::request::RequestHead;
use pavex::{Response, methods};

use crate::config::SessionPolicy;
use crate::errors::SessionError;
use crate::local_path::to_page;
use crate::principal::Principal;
use crate::session::Session;

#[methods]
impl Principal {
    /// Returns the principal of the request's session.
    ///
    /// # Errors
    ///
    /// Returns [`PrincipalError::NotLoggedIn`] if nobody is logged in, and
    /// [`PrincipalError::Session`] if the record cannot be loaded.
    #[request_scoped(allow(unused))]
    pub async fn required(session: &Session) -> Result<Self, PrincipalError> {
        session
            .principal()
            .await?
            .ok_or(PrincipalError::NotLoggedIn)
    }

    /// Returns the principal of the request's session, or `None` if nobody is logged in.
    ///
    /// # Errors
    ///
    /// Returns [`SessionError`] if the record cannot be loaded.
    #[request_scoped(allow(unused))]
    pub async fn optional(session: &Session) -> Result<Option<Principal>, SessionError> {
        session.principal().await
    }
}

/// The reason why a handler that asks for a [`Principal`] was not called.
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
    /// Returns `303 See Other` to `session.log_in.path` if that is set, and an empty
    /// `401 Unauthorized` otherwise. [`SessionError::StampMismatch`] has the same response.
    ///
    /// If the session could not be read, the response is that of [`SessionError::into_response`].
    #[error_handler]
    pub fn into_response(
        #[px(error_ref)] &self,
        head: &RequestHead,
        policy: &SessionPolicy,
    ) -> Response {
        match (self, &policy.config().log_in.path) {
            (Self::NotLoggedIn | Self::Session(SessionError::StampMismatch), Some(page)) => {
                to_page(page, head)
            }
            (Self::NotLoggedIn, None) => Response::unauthorized(),
            (Self::Session(error), _) => error.into_response(),
        }
    }
}
