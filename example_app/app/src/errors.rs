//! The errors of the handlers, and the page that each becomes.

use std::error::Error;

use pavex::http::StatusCode;
use pavex::http::header::RETRY_AFTER;
use pavex::request::query::errors::ExtractQueryParamsError;
use pavex::response::body::errors::JsonSerializationError;
use pavex::{Response, error_handler, methods};
use session::{FreshError, PrincipalError, SessionError};

use crate::members::{NotAdmitted, UsersError};
use crate::pages::error::{cart_is_full_page, failure_page, refusal_page, too_many_guesses_page};
use crate::pages::language::{Language, Texts};

/// The error of a handler that has no page of its own for it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ShopError {
    /// The shop refuses the visitor's input.
    #[error("the input is refused")]
    BadInput(#[from] BadInput),
    /// The cart has no room for the items.
    #[error(transparent)]
    CartIsFull(#[from] CartIsFull),
    /// The session cannot be read or changed.
    #[error("the session cannot be used")]
    Session(#[source] SessionError),
    /// A template cannot be rendered.
    #[error("the page cannot be rendered")]
    Template(#[from] askama::Error),
    /// The answer for a script cannot be written.
    #[error("the answer cannot be written as JSON")]
    Json(#[from] JsonSerializationError),
    /// The members cannot be looked up or changed.
    #[error("the members cannot be used")]
    Users(#[from] UsersError),
}

/// The cart would have more items than the shop allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the cart is full")]
pub struct CartIsFull;

/// Tells a full cart from a failure: `Session::try_update` may refuse at the commit, too.
impl From<SessionError> for ShopError {
    fn from(error: SessionError) -> Self {
        match &error {
            SessionError::UpdateRefused { source, .. } if source.is::<CartIsFull>() => {
                Self::CartIsFull(CartIsFull)
            }
            _ => Self::Session(error),
        }
    }
}

/// The reason why the shop refuses a visitor's input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BadInput {
    /// The shop does not sell the product.
    #[error("there is no such product")]
    Product,
    /// The quantity is not a number, or out of range.
    #[error("the quantity is not a number or out of range")]
    Quantity,
    /// The shop does not have the language.
    #[error("there is no such language")]
    Language,
    /// The body is not a form, or lacks a field.
    #[error("the form is incomplete")]
    Form,
}

impl BadInput {
    /// Returns the explanation for the visitor.
    fn text(self, texts: &Texts) -> &'static str {
        match self {
            Self::Product => texts.bad_product,
            Self::Quantity => texts.bad_quantity,
            Self::Language => texts.bad_language,
            Self::Form => texts.bad_form,
        }
    }
}

#[methods]
impl ShopError {
    /// Returns the page for the visitor. It names the mistake in their input, but never the reason
    /// for a failure: that is for the log.
    #[error_handler]
    pub fn to_response(#[px(error_ref)] &self, language: Language) -> Response {
        match self {
            Self::BadInput(bad_input) => {
                let explanation = bad_input.text(language.texts());
                refusal_page(StatusCode::BAD_REQUEST, explanation, language)
            }
            Self::CartIsFull(_) => cart_is_full_page(language),
            Self::Session(error) => failure_page(error.into_response().status()),
            Self::Users(error) => {
                let page = match error {
                    UsersError::TooManyGuesses(refused) => {
                        too_many_guesses_page(refused.wait, language)
                    }
                    _ => failure_page(error.status()),
                };
                match error.retry_after() {
                    Some(seconds) => page.insert_header(RETRY_AFTER, seconds),
                    None => page,
                }
            }
            Self::Template(_) | Self::Json(_) => failure_page(StatusCode::INTERNAL_SERVER_ERROR),
        }
    }
}

/// Returns the page for a visitor whose session could not be committed.
#[error_handler]
pub fn session_failure(#[px(error_ref)] error: &SessionError) -> Response {
    failure_page(error.into_response().status())
}

/// Returns `true` if the visitor caused the error, so that nobody has to look into the log.
pub(crate) fn is_caused_by_visitor(error: &(dyn Error + 'static)) -> bool {
    matches!(
        error.downcast_ref(),
        Some(
            ShopError::BadInput(_)
                | ShopError::CartIsFull(_)
                | ShopError::Users(UsersError::TooManyGuesses(_))
        )
    ) || matches!(error.downcast_ref(), Some(PrincipalError::NotLoggedIn))
        || matches!(error.downcast_ref(), Some(FreshError::NotFresh))
        || matches!(
            error.downcast_ref(),
            Some(
                NotAdmitted::NoMember
                    | NotAdmitted::Session(PrincipalError::Session(SessionError::StampMismatch))
            )
        )
        || error.is::<ExtractQueryParamsError>()
}
