//! What can go wrong, and the page that says so to the visitor. No page shows more than its kind.

use std::error::Error;

use pavex::http::StatusCode;
use pavex::request::query::errors::ExtractQueryParamsError;
use pavex::{Response, error_handler, methods};
use session::{FreshError, PrincipalError, SessionError};

use crate::members::{NotAdmitted, UsersError};
use crate::pages::error::{failure_page, refusal_page};
use crate::pages::language::Language;

/// Why a handler has no page to show.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ShopError {
    /// The visitor sent something that the shop does not understand.
    #[error("the input is refused")]
    BadInput(#[from] BadInput),
    /// The session cannot be used.
    #[error("the session cannot be used")]
    Session(#[from] SessionError),
    /// A template cannot be rendered.
    #[error("the page cannot be rendered")]
    Template(#[from] askama::Error),
    /// The members cannot be consulted.
    #[error("the members cannot be consulted")]
    Users(#[from] UsersError),
}

/// What is wrong with the visitor's input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BadInput {
    /// There is no such product.
    #[error("there is no such product")]
    Product,
    /// The quantity is no number, or out of range.
    #[error("the quantity is no number or out of range")]
    Quantity,
    /// There is no such language.
    #[error("there is no such language")]
    Language,
    /// The form lacks a field, or is no form at all.
    #[error("the form is incomplete")]
    Form,
    /// The form was sent by another site.
    #[error("the form is another site's")]
    Origin,
}

#[methods]
impl ShopError {
    /// The page for a visitor whose request ended with this error.
    #[error_handler]
    pub fn to_response(#[px(error_ref)] &self, language: Language) -> Response {
        match self {
            Self::BadInput(bad_input) => {
                refusal_page(StatusCode::BAD_REQUEST, *bad_input, language)
            }
            Self::Session(error) => failure_page(error.into_response().status()),
            Self::Users(error) => failure_page(error.status()),
            Self::Template(_) => failure_page(StatusCode::INTERNAL_SERVER_ERROR),
        }
    }
}

/// The page for a visitor whose session could not be committed.
#[error_handler]
pub fn session_failure(#[px(error_ref)] error: &SessionError) -> Response {
    failure_page(error.into_response().status())
}

/// Whether the error is the visitor's rather than the shop's.
pub(crate) fn is_the_visitors(error: &(dyn Error + 'static)) -> bool {
    matches!(error.downcast_ref(), Some(ShopError::BadInput(_)))
        || matches!(error.downcast_ref(), Some(PrincipalError::NotLoggedIn))
        || matches!(error.downcast_ref(), Some(FreshError::NotFresh))
        || matches!(error.downcast_ref(), Some(NotAdmitted::NoMember))
        || error.is::<ExtractQueryParamsError>()
}
