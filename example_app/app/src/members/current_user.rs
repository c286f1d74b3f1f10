use pavex::request::RequestHead;
use pavex::{Response, methods, request_scoped};
use session::fresh::FiveMinutes;
use session::{Fresh, FreshError, Principal, PrincipalError, Session, SessionError, SessionPolicy};

use super::users::{Users, UsersError};
use crate::pages::error::failure_page;
use crate::pages::html::to_page;

/// The member who is logged in.
///
/// A handler with this parameter runs only for members. Visitors are sent to the log-in page.
#[derive(Debug, Clone)]
pub struct CurrentUser {
    principal: Principal,
}

/// The reason why the session's principal is not a [`CurrentUser`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NotAdmitted {
    /// The account was removed after the log-in.
    #[error("the account does not exist any more")]
    NoMember,
    /// The members cannot be looked up.
    #[error("the members cannot be used")]
    Users(#[from] UsersError),
    /// The password was changed after the log-in, or the session cannot be read.
    #[error(transparent)]
    Session(PrincipalError),
}

#[methods]
impl CurrentUser {
    /// Returns the member whose session this is, unless the password was changed after the log-in.
    ///
    /// An example of [`Session::verify_stamp`]: a new password ends the sessions of the old one,
    /// also if another program writes it to the database.
    ///
    /// Shows how to build a type of the application on [`Principal`], the parameter that refuses
    /// visitors who are not logged in.
    ///
    /// # Errors
    ///
    /// Returns [`NotAdmitted::NoMember`] if the account does not exist any more,
    /// [`NotAdmitted::Users`] if the members cannot be looked up, and [`NotAdmitted::Session`] if
    /// the password was changed or the session cannot be read.
    #[request_scoped]
    pub async fn of(
        principal: &Principal,
        session: &Session,
        users: &Users,
    ) -> Result<Self, NotAdmitted> {
        let hash = users.password_hash(principal.as_str()).await?;
        let hash = hash.ok_or(NotAdmitted::NoMember)?;
        session.verify_stamp(hash.as_bytes()).await?;
        Ok(Self {
            principal: principal.clone(),
        })
    }
}

/// Returns the member who is logged in and entered the password within the last five minutes.
///
/// Shows how to use [`Fresh`] with a type of the application: the library's own constructor is for
/// `Fresh<Principal, _>`, and each other type needs one like this.
///
/// # Errors
///
/// Returns [`FreshError::NotFresh`] if the password was entered longer ago, and
/// [`FreshError::Session`] if the session cannot be read.
#[request_scoped]
pub async fn fresh_user(
    user: CurrentUser,
    session: &Session,
    policy: &SessionPolicy,
) -> Result<Fresh<CurrentUser, FiveMinutes>, FreshError> {
    Fresh::new(user, session, policy).await
}

impl CurrentUser {
    /// Returns the name to log in with.
    pub fn name(&self) -> &str {
        self.principal.as_str()
    }

    /// Returns the owner of this member's sessions.
    pub fn principal(&self) -> &Principal {
        &self.principal
    }
}

impl From<SessionError> for NotAdmitted {
    fn from(error: SessionError) -> Self {
        Self::Session(error.into())
    }
}

#[methods]
impl NotAdmitted {
    /// Redirects to the log-in page, or returns the page for a failure.
    #[error_handler]
    pub fn to_response(
        #[px(error_ref)] &self,
        head: &RequestHead,
        policy: &SessionPolicy,
    ) -> Response {
        match self {
            Self::NoMember => to_page("/login"),
            Self::Session(error) => error.into_response(head, policy),
            Self::Users(error) => failure_page(error.status()),
        }
    }
}
