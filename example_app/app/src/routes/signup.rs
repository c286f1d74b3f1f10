//! Becoming a member.

use askama::Template;
use pavex::http::StatusCode;
use pavex::request::query::QueryParams;
use pavex::{Response, get, post};
use serde::Deserialize;
use session::{FlashLevel, Principal, Session};

use super::login::NextQuery;
use crate::errors::ShopError;
use crate::form::{Form, Typed};
use crate::members::{
    BadName, BadPassword, Device, MAX_PASSWORD_LEN, MIN_PASSWORD_LEN, NewName, NewPassword, Users,
    UsersError,
};
use crate::pages::html::page;
use crate::pages::language::{Language, Texts};
use crate::pages::layout::Layout;
use crate::pages::local_path::LocalPath;

#[derive(Template)]
#[template(path = "signup.html")]
struct SignUpPage<'a> {
    layout: Layout,
    next: LocalPath,
    name: &'a str,
    problem: Option<SignUpProblem>,
}

impl SignUpPage<'_> {
    fn wrong_name(&self) -> bool {
        matches!(self.problem, Some(SignUpProblem::Name(_)))
    }

    fn wrong_password(&self) -> bool {
        matches!(self.problem, Some(SignUpProblem::Password(_)))
    }
}

/// What a visitor wants to be called.
#[derive(Debug, Deserialize)]
pub struct SignUpForm {
    name: String,
    password: Typed,
    repetition: Typed,
    next: Option<String>,
}

/// Which field is wrong, and why.
#[derive(Debug, Clone, Copy)]
enum SignUpProblem {
    Name(BadName),
    Password(BadPassword),
}

impl SignUpProblem {
    fn text(self, texts: &Texts) -> &'static str {
        match self {
            Self::Name(BadName::Malformed) => texts.bad_name,
            Self::Name(BadName::Taken) => texts.name_taken,
            Self::Password(problem) => problem.text(texts),
        }
    }
}

/// The form.
#[get(path = "/signup")]
pub async fn show_sign_up(
    session: &mut Session,
    layout: Layout,
    query: QueryParams<NextQuery>,
) -> Result<Response, ShopError> {
    let QueryParams(query) = query;
    let sign_up = SignUpPage {
        layout: layout.with_flashes(session).await?,
        next: LocalPath::or_home(query.next.as_deref()),
        name: "",
        problem: None,
    };
    Ok(page(&sign_up)?)
}

/// Makes the visitor a member, and logs the new member in, who keeps the cart.
#[post(path = "/signup")]
pub async fn sign_up(
    session: &mut Session,
    layout: Layout,
    users: &Users,
    device: Device,
    form: Form<SignUpForm>,
) -> Result<Response, ShopError> {
    let Form(form) = form;
    let next = LocalPath::or_home(form.next.as_deref());
    let member = match new_member(users, &form).await? {
        Ok(member) => member,
        Err(problem) => {
            let sign_up = SignUpPage {
                layout,
                next,
                name: &form.name,
                problem: Some(problem),
            };
            return Ok(page(&sign_up)?.set_status(StatusCode::UNPROCESSABLE_ENTITY));
        }
    };
    session
        .log_in(device.log_in(member, layout.language))
        .await?;
    let welcome = layout.texts().signed_up;
    session.flash(FlashLevel::Success, welcome).await?;
    Ok(next.see_other())
}

async fn new_member(
    users: &Users,
    form: &SignUpForm,
) -> Result<Result<Principal, SignUpProblem>, UsersError> {
    let name = match NewName::parse(&form.name) {
        Ok(name) => name,
        Err(problem) => return Ok(Err(SignUpProblem::Name(problem))),
    };
    let password = match NewPassword::choose(&form.password.0, &form.repetition.0, &form.name) {
        Ok(password) => password,
        Err(problem) => return Ok(Err(SignUpProblem::Password(problem))),
    };
    let signed_up = users.sign_up(&name, password).await?;
    Ok(signed_up.map_err(SignUpProblem::Name))
}
