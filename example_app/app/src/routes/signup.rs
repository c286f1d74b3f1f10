//! The sign-up of a new member.

use askama::Template;
use pavex::http::StatusCode;
use pavex::request::query::QueryParams;
use pavex::{Response, get, post};
use serde::Deserialize;
use session::{FlashLevel, LocalPath, Session};

use super::login::{BROUGHT_ALONG, NextQuery};
use crate::errors::ShopError;
use crate::form::{self, Form, Typed};
use crate::members::{
    BadName, BadPassword, Device, MAX_PASSWORD_LEN, MIN_PASSWORD_LEN, NewName, NewPassword, Users,
    Visitor,
};
use crate::pages::html::page;
use crate::pages::language::{Language, Texts};
use crate::pages::layout::Layout;

#[derive(Template)]
#[template(path = "signup.html")]
struct SignUpPage<'a> {
    layout: Layout,
    next: LocalPath,
    name: &'a str,
    problem: Option<SignUpProblem>,
}

impl SignUpPage<'_> {
    fn wrong_password(&self) -> bool {
        matches!(self.problem, Some(SignUpProblem::Password(_)))
    }
}

/// The name and the password of the new member, and the page to go to.
#[derive(Debug, Deserialize)]
pub struct SignUpForm {
    name: String,
    password: Typed,
    repetition: Typed,
    #[serde(default, deserialize_with = "form::local_path")]
    next: Option<LocalPath>,
}

impl SignUpForm {
    fn check(&self) -> Result<(NewName, NewPassword), SignUpProblem> {
        let name = NewName::parse(&self.name)?;
        let password = NewPassword::choose(&self.password.0, &self.repetition.0, &self.name)?;
        Ok((name, password))
    }
}

/// The reason why a form is refused.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error(transparent)]
enum SignUpProblem {
    Name(#[from] BadName),
    #[error("another member has the name")]
    NameTaken,
    Password(#[from] BadPassword),
}

impl SignUpProblem {
    fn text(self, texts: &Texts) -> &'static str {
        match self {
            Self::Name(BadName) => texts.bad_name,
            Self::NameTaken => texts.name_taken,
            Self::Password(problem) => problem.text(texts),
        }
    }
}

/// Shows the form.
#[get(path = "/signup")]
pub async fn show_sign_up(
    session: &mut Session,
    layout: Layout,
    query: QueryParams<NextQuery>,
) -> Result<Response, ShopError> {
    let QueryParams(query) = query;
    let sign_up = SignUpPage {
        layout: layout.with_flashes(session).await?,
        next: query.next.unwrap_or_default(),
        name: "",
        problem: None,
    };
    Ok(page(&sign_up)?)
}

/// Adds the member, and logs them in.
///
/// An example of a log-in with a message for the next page. As with every log-in, the cart stays
/// and the session gets a new token. The form has no box for those who want to stay logged in, so
/// the session ends with the browser.
#[post(path = "/signup")]
pub async fn sign_up(
    session: &mut Session,
    layout: Layout,
    users: &Users,
    visitor: &Visitor,
    device: Device,
    form: Form<SignUpForm>,
) -> Result<Response, ShopError> {
    let Form(form) = form;
    let next = form.next.clone().unwrap_or_default();
    let log_in = match form.check() {
        Ok((name, password)) => {
            let log_in = users.sign_up(&name, password, visitor).await?;
            log_in.ok_or(SignUpProblem::NameTaken)
        }
        Err(problem) => Err(problem),
    };
    match log_in {
        Ok(log_in) => {
            let log_in = device.label_log_in(log_in, layout.language);
            let log_in = log_in.for_this_browser_session();
            session.log_in_keeping(log_in, BROUGHT_ALONG).await?;
            let welcome = layout.texts().signed_up;
            session.flash(FlashLevel::Success, welcome).await?;
            Ok(next.see_other())
        }
        Err(problem) => {
            let sign_up = SignUpPage {
                layout,
                next,
                name: &form.name,
                problem: Some(problem),
            };
            Ok(page(&sign_up)?.set_status(StatusCode::UNPROCESSABLE_ENTITY))
        }
    }
}
