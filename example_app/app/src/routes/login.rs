//! Logging in and out.

use std::fmt;

use askama::Template;
use pavex::http::StatusCode;
use pavex::request::query::QueryParams;
use pavex::{Response, get, post};
use serde::Deserialize;
use session::Session;

use crate::configuration::{DemoAccount, UsersConfig};
use crate::errors::ShopError;
use crate::form::Form;
use crate::members::{USER, Users};
use crate::pages::html::page;
use crate::pages::language::Language;
use crate::pages::layout::Layout;
use crate::pages::local_path::LocalPath;

#[derive(Template)]
#[template(path = "login.html")]
struct LoginPage<'a> {
    layout: Layout,
    demo: Option<&'a DemoAccount>,
    next: LocalPath,
    name: &'a str,
    refused: bool,
}

/// Where to go after the log-in.
#[derive(Debug, Deserialize)]
pub struct LoginQuery {
    next: Option<String>,
}

/// What a visitor claims to be.
#[derive(Deserialize)]
pub struct LoginForm {
    name: String,
    password: String,
    next: Option<String>,
}

impl fmt::Debug for LoginForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoginForm").finish_non_exhaustive()
    }
}

/// The form.
#[get(path = "/login")]
pub fn show_login(
    layout: Layout,
    users: &UsersConfig,
    query: QueryParams<LoginQuery>,
) -> Result<Response, ShopError> {
    let QueryParams(query) = query;
    let login = LoginPage {
        layout,
        demo: users.demo.as_ref(),
        next: LocalPath::or_home(query.next.as_deref()),
        name: "",
        refused: false,
    };
    Ok(page(&login)?)
}

/// Logs the visitor in, who keeps the cart.
#[post(path = "/login")]
pub async fn log_in(
    session: &mut Session,
    layout: Layout,
    users: &Users,
    config: &UsersConfig,
    form: Form<LoginForm>,
) -> Result<Response, ShopError> {
    let Form(form) = form;
    let next = LocalPath::or_home(form.next.as_deref());
    if !users.verify(&form.name, form.password).await? {
        let login = LoginPage {
            layout,
            demo: config.demo.as_ref(),
            next,
            name: &form.name,
            refused: true,
        };
        return Ok(page(&login)?.set_status(StatusCode::UNAUTHORIZED));
    }
    if layout.user.is_some_and(|user| user != form.name) {
        // Another member at the same browser: nothing of the first one's is for the second.
        session.delete();
    }
    session.insert(USER, form.name).await?;
    // Whoever knew the cookie before, knows nothing now.
    session.renew();
    Ok(next.see_other())
}

/// Ends the session.
#[post(path = "/logout")]
pub async fn log_out(session: &mut Session) -> Response {
    session.invalidate();
    LocalPath::home().see_other()
}
