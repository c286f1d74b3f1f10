//! The second proof of identity, before a change that a stranger at an unlocked device must not
//! make.

use askama::Template;
use pavex::http::StatusCode;
use pavex::request::query::QueryParams;
use pavex::{Response, get, post};
use serde::Deserialize;
use session::{FlashLevel, LocalPath, Session};

use super::login::NextQuery;
use crate::errors::ShopError;
use crate::form::{self, Form, Typed};
use crate::members::{CurrentUser, Users, Visitor};
use crate::pages::html::{page, to_page};
use crate::pages::language::Language;
use crate::pages::layout::Layout;

#[derive(Template)]
#[template(path = "confirm.html")]
struct ConfirmPage<'a> {
    layout: Layout,
    user: &'a str,
    next: Option<LocalPath>,
    refused: bool,
}

/// The password, and the page to go to.
#[derive(Debug, Deserialize)]
pub struct ConfirmForm {
    password: Typed,
    #[serde(default, deserialize_with = "form::local_path")]
    next: Option<LocalPath>,
}

/// Shows the form.
///
/// The configuration names this page as `session.log_in.reauthenticate_path`, to which the library
/// redirects from a handler with a [`Fresh`](session::Fresh) parameter.
#[get(path = "/confirm")]
pub fn show_confirm(
    user: &CurrentUser,
    layout: Layout,
    query: QueryParams<NextQuery>,
) -> Result<Response, ShopError> {
    let QueryParams(query) = query;
    let confirm = ConfirmPage {
        layout,
        user: user.name(),
        next: query.next,
        refused: false,
    };
    Ok(page(&confirm)?)
}

/// Verifies the password and makes the session fresh.
///
/// An example of step-up authentication: a second [`Session::log_in`] of the same member keeps the
/// session, replaces its token, and sets the time of the last log-in.
#[post(path = "/confirm")]
pub async fn confirm(
    user: &CurrentUser,
    session: &mut Session,
    layout: Layout,
    users: &Users,
    visitor: &Visitor,
    form: Form<ConfirmForm>,
) -> Result<Response, ShopError> {
    let Form(form) = form;
    let Some(member) = users.verify(user.name(), form.password.0, visitor).await? else {
        let confirm = ConfirmPage {
            layout,
            user: user.name(),
            next: form.next,
            refused: true,
        };
        return Ok(page(&confirm)?.set_status(StatusCode::UNAUTHORIZED));
    };
    session.log_in(member.log_in()).await?;
    if let Some(next) = form.next {
        return Ok(next.see_other());
    }
    // A refused `POST` has no `next`, since a browser cannot repeat it. The member has to.
    let repeat = layout.texts().confirmed;
    session.flash(FlashLevel::Info, repeat).await?;
    Ok(to_page("/account"))
}
