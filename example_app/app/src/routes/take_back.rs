//! The change of the password by a member whose account is used by somebody else.

use askama::Template;
use pavex::http::StatusCode;
use pavex::{Response, get, post};
use serde::Deserialize;
use session::{FlashLevel, Session, SessionRegistry};

use super::login::BROUGHT_ALONG;
use crate::errors::ShopError;
use crate::form::{Form, Typed};
use crate::members::{
    Device, MAX_PASSWORD_LEN, MIN_PASSWORD_LEN, NewPassword, PasswordChange, Users, Visitor,
};
use crate::pages::html::{page, to_page};
use crate::pages::language::Language;
use crate::pages::layout::Layout;

#[derive(Template)]
#[template(path = "take_back.html")]
struct TakeBackPage<'a> {
    layout: Layout,
    name: &'a str,
    problem: Option<&'static str>,
    wrong_current: bool,
}

/// The name, the current password, and the new one twice.
#[derive(Debug, Deserialize)]
pub struct TakeBackForm {
    name: String,
    current: Typed,
    password: Typed,
    repetition: Typed,
}

/// Shows the form.
#[get(path = "/take-back")]
pub fn show_take_back(layout: Layout) -> Result<Response, ShopError> {
    let form = TakeBackPage {
        layout,
        name: "",
        problem: None,
        wrong_current: false,
    };
    Ok(page(&form)?)
}

/// Changes the password of a member who is not logged in, and ends all sessions of the old one.
///
/// At the limit of sessions, each log-in ends the oldest session. Somebody else who knows the
/// password can therefore log in again and again, and end each session of the member before they
/// reach the page for the change. This request requires no session, so it wins that race.
///
/// An example of [`SessionRegistry::revoke_all`] before a log-in.
#[post(path = "/take-back")]
pub async fn take_back(
    session: &mut Session,
    sessions: &SessionRegistry,
    layout: Layout,
    users: &Users,
    visitor: &Visitor,
    device: Device,
    form: Form<TakeBackForm>,
) -> Result<Response, ShopError> {
    let Form(form) = form;
    let texts = layout.texts();
    let password = match NewPassword::choose(&form.password.0, &form.repetition.0, &form.name) {
        Ok(password) => password,
        Err(problem) => return refused(layout, &form.name, problem.text(texts), false),
    };
    let verified = users.verify(&form.name, form.current.0, visitor).await?;
    let Some(owner) = verified else {
        return refused(layout, &form.name, texts.wrong_credentials, true);
    };
    let PasswordChange::Changed(log_in) = users.change_password(owner, password).await? else {
        return refused(layout, &form.name, texts.password_overtaken, true);
    };
    sessions.revoke_all(log_in.principal()).await?;
    let log_in = device.label_log_in(log_in, layout.language);
    let log_in = log_in.for_this_browser_session();
    session.log_in_keeping(log_in, BROUGHT_ALONG).await?;
    let changed = texts.password_changed;
    session.flash(FlashLevel::Success, changed).await?;
    Ok(to_page("/account"))
}

fn refused(
    layout: Layout,
    name: &str,
    problem: &'static str,
    wrong_current: bool,
) -> Result<Response, ShopError> {
    let form = TakeBackPage {
        layout,
        name,
        problem: Some(problem),
        wrong_current,
    };
    Ok(page(&form)?.set_status(StatusCode::UNPROCESSABLE_ENTITY))
}
