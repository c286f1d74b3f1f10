use pavex::request::RequestHead;
use pavex::{Response, methods};

use super::redirect;
use crate::config::SessionPolicy;
use crate::errors::SessionError;
use crate::principal::Principal;
use crate::session::Session;

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
