//! The choice of the language.

use pavex::{Response, post};
use serde::Deserialize;
use session::Session;

use crate::errors::ShopError;
use crate::form::Form;
use crate::pages::language::{LANGUAGE, Language};
use crate::pages::local_path::LocalPath;

/// A language, and the page to go back to.
#[derive(Debug, Deserialize)]
pub struct LanguageForm {
    language: String,
    next: Option<String>,
}

/// Shows all pages in another language from now on.
#[post(path = "/language")]
pub async fn choose_language(
    session: &mut Session,
    form: Form<LanguageForm>,
) -> Result<Response, ShopError> {
    let Form(form) = form;
    let language = Language::from_code(&form.language)?;
    session.client_mut().insert(LANGUAGE, &language)?;
    Ok(LocalPath::or_home(form.next.as_deref()).see_other())
}
