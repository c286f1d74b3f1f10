use pavex::{Response, methods, request_scoped};
use session::fresh::FiveMinutes;
use session::{Fresh, FreshError, Principal, Session, SessionPolicy};

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
}

#[methods]
impl CurrentUser {
    /// Returns the member whose session this is.
    ///
    /// Shows how to build a type of the application on [`Principal`], the parameter that refuses
    /// visitors who are not logged in.
    ///
    /// # Errors
    ///
    /// Returns [`NotAdmitted::NoMember`] if the account does not exist any more, and
    /// [`NotAdmitted::Users`] if the members cannot be looked up.
    #[request_scoped]
    pub async fn of(principal: &Principal, users: &Users) -> Result<Self, NotAdmitted> {
        let principal = principal.clone();
        match users.has(principal.as_str()).await? {
            true => Ok(Self { principal }),
            false => Err(NotAdmitted::NoMember),
        }
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

#[methods]
impl NotAdmitted {
    /// Redirects to the log-in page, or returns the page for a failure.
    #[error_handler]
    pub fn to_response(&self) -> Response {
        match self {
            Self::NoMember => to_page("/login"),
            Self::Users(error) => failure_page(error.status()),
        }
    }
}
