//! The change of the password, a route that requires a fresh log-in.

use askama::Template;
use pavex::http::StatusCode;
use pavex::{Response, get, post};
use serde::Deserialize;
use session::fresh::FiveMinutes;
use session::{FlashLevel, Fresh, Session, SessionRegistry};

use crate::errors::ShopError;
use crate::form::{Form, Typed};
use crate::members::{
    CurrentUser, MAX_PASSWORD_LEN, MIN_PASSWORD_LEN, NewPassword, PasswordChange, Users, Visitor,
};
use crate::pages::html::{page, to_page};
use crate::pages::language::Language;
use crate::pages::layout::Layout;

#[derive(Template)]
#[template(path = "password.html")]
struct PasswordPage<'a> {
    layout: Layout,
    user: &'a str,
    problem: Option<&'static str>,
    wrong_current: bool,
}

/// The current password, and the new one twice.
#[derive(Debug, Deserialize)]
pub struct PasswordForm {
    current: Typed,
    password: Typed,
    repetition: Typed,
}

/// Shows the form.
///
/// An example of [`Fresh`]: a member whose last log-in is more than five minutes ago is redirected
/// to the confirmation first.
#[get(path = "/account/password")]
pub fn show_password(
    user: &Fresh<CurrentUser, FiveMinutes>,
    layout: Layout,
) -> Result<Response, ShopError> {
    let password = PasswordPage {
        layout,
        user: user.name(),
        problem: None,
        wrong_current: false,
    };
    Ok(page(&password)?)
}

/// Changes the password, and ends all sessions that the old one started.
///
/// The current password is required as well (OWASP ASVS 5.0, 6.2.3), since a thief of a fresh
/// session does not have it.
///
/// An example of [`SessionRegistry::revoke_others`] for the sessions elsewhere, and
/// [`Session::log_in`] with the stamp of the new password, which also makes copies of this
/// session's cookie worthless. The session of a log-in with the old password that is under way ends
/// at its next use, because [`CurrentUser`] verifies the stamp.
#[post(path = "/account/password")]
pub async fn change_password(
    user: &Fresh<CurrentUser, FiveMinutes>,
    session: &mut Session,
    sessions: &SessionRegistry,
    users: &Users,
    visitor: &Visitor,
    layout: Layout,
    form: Form<PasswordForm>,
) -> Result<Response, ShopError> {
    let Form(form) = form;
    let chosen = NewPassword::choose(&form.password.0, &form.repetition.0, user.name());
    let password = match chosen {
        Ok(password) => password,
        Err(problem) => {
            let problem = problem.text(layout.texts());
            return refused(layout, user.name(), problem, false);
        }
    };
    let Some(owner) = users.verify(user.name(), form.current.0, visitor).await? else {
        let problem = layout.texts().wrong_password;
        return refused(layout, user.name(), problem, true);
    };
    let PasswordChange::Changed(log_in) = users.change_password(owner, password).await? else {
        let problem = layout.texts().password_overtaken;
        let page = refused(layout, user.name(), problem, true)?;
        return Ok(page.set_status(StatusCode::CONFLICT));
    };
    sessions.revoke_others(session).await?;
    session.log_in(log_in).await?;
    let changed = layout.texts().password_changed;
    session.flash(FlashLevel::Success, changed).await?;
    Ok(to_page("/account"))
}

fn refused(
    layout: Layout,
    user: &str,
    problem: &'static str,
    wrong_current: bool,
) -> Result<Response, ShopError> {
    let password = PasswordPage {
        layout,
        user,
        problem: Some(problem),
        wrong_current,
    };
    Ok(page(&password)?.set_status(StatusCode::UNPROCESSABLE_ENTITY))
}
