use pavex::{Response, methods, request_scoped};
use session::fresh::FiveMinutes;
use session::{Fresh, FreshError, Principal, Session, SessionPolicy};

use super::{Users, UsersError};
use crate::pages::error::failure_page;
use crate::pages::local_path::LocalPath;

/// The member who is logged in.
///
/// A handler that takes one cannot be reached by anybody else.
#[derive(Debug, Clone)]
pub struct CurrentUser {
    principal: Principal,
}

/// Why the one who is logged in is no [`CurrentUser`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NotAdmitted {
    /// The account was removed since the log-in.
    #[error("the account does not exist any more")]
    NoMember,
    /// The members cannot be consulted.
    #[error("the members cannot be consulted")]
    Users(#[from] UsersError),
}

#[methods]
impl CurrentUser {
    /// The member to whom the session belongs.
    ///
    /// # Errors
    ///
    /// If there is no such member any more, or the members cannot be consulted.
    #[request_scoped]
    pub async fn of(principal: &Principal, users: &Users) -> Result<Self, NotAdmitted> {
        let principal = principal.clone();
        match users.has(principal.as_str()).await? {
            true => Ok(Self { principal }),
            false => Err(NotAdmitted::NoMember),
        }
    }
}

/// The member who is logged in, and gave the password a moment ago.
///
/// The library has this constructor for its own `Principal`; each type of the application needs its own.
///
/// # Errors
///
/// If that was longer ago, or the session cannot be read.
#[request_scoped]
pub async fn fresh_user(
    user: CurrentUser,
    session: &Session,
    policy: &SessionPolicy,
) -> Result<Fresh<CurrentUser, FiveMinutes>, FreshError> {
    Fresh::new(user, session, policy).await
}

impl CurrentUser {
    /// The name to log in with.
    pub fn name(&self) -> &str {
        self.principal.as_str()
    }

    /// To whom the sessions of this member belong.
    pub fn principal(&self) -> &Principal {
        &self.principal
    }
}

#[methods]
impl NotAdmitted {
    /// Sends the visitor to the log-in page.
    #[error_handler]
    pub fn to_response(&self) -> Response {
        match self {
            Self::NoMember => LocalPath::new("/login").see_other(),
            Self::Users(error) => failure_page(error.status()),
        }
    }
}
