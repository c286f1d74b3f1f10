use pavex::http::Method;
use pavex::request::RequestHead;
use pavex::{Response, methods};
use session::{Session, SessionError};

use super::{USER, Users, UsersError};
use crate::pages::error::failure_page;
use crate::pages::local_path::LocalPath;

/// The member who is logged in.
///
/// A handler that takes one cannot be reached by anybody else.
#[derive(Debug)]
pub struct CurrentUser {
    name: String,
}

/// Why there is no [`CurrentUser`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NotAdmitted {
    /// Nobody is logged in, or the account was removed since.
    #[error("nobody is logged in")]
    NotLoggedIn,
    /// The session cannot be read.
    #[error("the session cannot be read")]
    Session(#[from] SessionError),
    /// The members cannot be consulted.
    #[error("the members cannot be consulted")]
    Users(#[from] UsersError),
}

#[methods]
impl CurrentUser {
    /// Who is logged in.
    ///
    /// # Errors
    ///
    /// If nobody is, or the session or the members cannot be read.
    #[request_scoped]
    pub async fn of(session: &Session, users: &Users) -> Result<Self, NotAdmitted> {
        let name = session.get(USER).await?;
        let name = name.ok_or(NotAdmitted::NotLoggedIn)?;
        match users.has(&name).await? {
            true => Ok(Self { name }),
            false => Err(NotAdmitted::NotLoggedIn),
        }
    }
}

impl CurrentUser {
    /// The name to log in with.
    pub fn name(&self) -> &str {
        &self.name
    }
}

#[methods]
impl NotAdmitted {
    /// Sends the visitor to the log-in page, and back here afterwards.
    #[error_handler]
    pub fn to_response(#[px(error_ref)] &self, head: &RequestHead) -> Response {
        match self {
            Self::Session(error) => failure_page(error.into_response().status()),
            Self::Users(error) => failure_page(error.status()),
            // After the log-in, the browser can repeat nothing but a GET.
            Self::NotLoggedIn if head.method == Method::GET => {
                LocalPath::of(head).after_login().see_other()
            }
            Self::NotLoggedIn => LocalPath::home().after_login().see_other(),
        }
    }
}
