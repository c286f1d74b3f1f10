//! The change of the password.

use askama::Template;
use pavex::http::StatusCode;
use pavex::{Response, get, post};
use serde::Deserialize;
use session::fresh::FiveMinutes;
use session::{FlashLevel, Fresh, Session, SessionRegistry};

use crate::errors::ShopError;
use crate::form::{Form, Typed};
use crate::members::{
    BadPassword, CurrentUser, MAX_PASSWORD_LEN, MIN_PASSWORD_LEN, NewPassword, Users,
};
use crate::pages::html::private_page;
use crate::pages::language::Language;
use crate::pages::layout::Layout;
use crate::pages::local_path::LocalPath;

#[derive(Template)]
#[template(path = "password.html")]
struct PasswordPage<'a> {
    layout: Layout,
    user: &'a str,
    problem: Option<BadPassword>,
}

/// The new password, twice.
#[derive(Debug, Deserialize)]
pub struct PasswordForm {
    password: Typed,
    repetition: Typed,
}

/// The form, for a member who gave the old password a moment ago.
#[get(path = "/account/password")]
pub fn show_password(
    user: &Fresh<CurrentUser, FiveMinutes>,
    layout: Layout,
) -> Result<Response, ShopError> {
    let password = PasswordPage {
        layout,
        user: user.name(),
        problem: None,
    };
    Ok(private_page(&password)?)
}

/// Changes the password. Whoever is logged in elsewhere, with the old one, is so no longer.
#[post(path = "/account/password")]
pub async fn change_password(
    user: &Fresh<CurrentUser, FiveMinutes>,
    session: &mut Session,
    sessions: &SessionRegistry,
    users: &Users,
    layout: Layout,
    form: Form<PasswordForm>,
) -> Result<Response, ShopError> {
    let Form(form) = form;
    let chosen = NewPassword::choose(&form.password.0, &form.repetition.0, user.name());
    let password = match chosen {
        Ok(password) => password,
        Err(problem) => {
            let password = PasswordPage {
                layout,
                user: user.name(),
                problem: Some(problem),
            };
            let page = private_page(&password)?;
            return Ok(page.set_status(StatusCode::UNPROCESSABLE_ENTITY));
        }
    };
    users.change_password(user.principal(), password).await?;
    sessions.revoke_others(session).await?;
    // A copy of this session's token, wherever it is, is worth nothing either.
    session.renew();
    let changed = layout.texts().password_changed;
    session.flash(FlashLevel::Success, changed).await?;
    Ok(LocalPath::new("/account").see_other())
}
