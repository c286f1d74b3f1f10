//! The choice of the language.

use pavex::{Response, post};
use serde::Deserialize;
use session::{LocalPath, Session};

use crate::errors::{BadInput, ShopError};
use crate::form::{self, Form};
use crate::pages::language::{LANGUAGE, Language};

/// The language, and the page to return to.
#[derive(Debug, Deserialize)]
pub struct LanguageForm {
    language: String,
    #[serde(default, deserialize_with = "form::local_path")]
    next: Option<LocalPath>,
}

/// Sets the language of all pages.
///
/// An example of client-side state: [`Session::client_mut`] changes values that live in the cookie.
/// Pages read them without the store.
#[post(path = "/language")]
pub async fn choose_language(
    session: &mut Session,
    form: Form<LanguageForm>,
) -> Result<Response, ShopError> {
    let Form(form) = form;
    let language = Language::from_code(&form.language).ok_or(BadInput::Language)?;
    session.client_mut().insert(LANGUAGE, &language)?;
    Ok(form.next.unwrap_or_default().see_other())
}
