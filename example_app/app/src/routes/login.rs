//! Logging in and out.

use askama::Template;
use pavex::http::StatusCode;
use pavex::request::query::QueryParams;
use pavex::{Response, get, post};
use serde::Deserialize;
use session::Session;

use crate::configuration::{DemoAccount, UsersConfig};
use crate::errors::ShopError;
use crate::form::{Form, Typed};
use crate::members::{Device, Users};
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

#[derive(Template)]
#[template(path = "goodbye.html")]
struct GoodbyePage {
    layout: Layout,
}

/// Where to go afterwards.
#[derive(Debug, Deserialize)]
pub struct NextQuery {
    /// A path, perhaps.
    pub next: Option<String>,
}

/// What a visitor claims to be.
#[derive(Debug, Deserialize)]
pub struct LoginForm {
    name: String,
    password: Typed,
    next: Option<String>,
}

/// The form.
#[get(path = "/login")]
pub async fn show_login(
    session: &mut Session,
    layout: Layout,
    users: &UsersConfig,
    query: QueryParams<NextQuery>,
) -> Result<Response, ShopError> {
    let QueryParams(query) = query;
    let login = LoginPage {
        layout: layout.with_flashes(session).await?,
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
    device: Device,
    form: Form<LoginForm>,
) -> Result<Response, ShopError> {
    let Form(form) = form;
    let next = LocalPath::or_home(form.next.as_deref());
    let Some(member) = users.verify(&form.name, form.password.0).await? else {
        let login = LoginPage {
            layout,
            demo: config.demo.as_ref(),
            next,
            name: &form.name,
            refused: true,
        };
        return Ok(page(&login)?.set_status(StatusCode::UNAUTHORIZED));
    };
    session
        .log_in(device.log_in(member, layout.language))
        .await?;
    Ok(next.see_other())
}

/// Ends the session.
#[post(path = "/logout")]
pub async fn log_out(session: &mut Session) -> Response {
    session.log_out();
    to_goodbye()
}

/// The page after a log-out. It writes nothing, so that the browser stays without a cookie.
#[get(path = "/goodbye")]
pub fn goodbye(session: &Session, layout: Layout) -> Result<Response, ShopError> {
    match session.id() {
        None => Ok(page(&GoodbyePage { layout })?),
        Some(_) => Ok(LocalPath::home().see_other()),
    }
}

pub(super) fn to_goodbye() -> Response {
    LocalPath::new("/goodbye").see_other()
}
