//! The log-in and the log-out.

use askama::Template;
use pavex::http::StatusCode;
use pavex::request::query::QueryParams;
use pavex::{Response, get, post};
use serde::Deserialize;
use session::{LocalPath, Session, SessionPolicy};

use crate::configuration::{DemoAccount, UsersConfig};
use crate::errors::ShopError;
use crate::form::{self, Form, Typed};
use crate::members::{Device, Users, Visitor};
use crate::pages::html::{page, to_page};
use crate::pages::language::{LANGUAGE, Language};
use crate::pages::layout::Layout;
use crate::shop::cart::CART;

/// The values that a visitor brings along to a log-in. A stranger who has planted the session may
/// have chosen them.
pub(super) const BROUGHT_ALONG: [&str; 2] = [CART.name(), LANGUAGE.name()];

#[derive(Template)]
#[template(path = "login.html")]
struct LoginPage<'a> {
    layout: Layout,
    demo: Option<&'a DemoAccount>,
    next: LocalPath,
    name: &'a str,
    /// `None` if the configuration lets nobody stay logged in.
    stay: Option<bool>,
    refused: bool,
}

#[derive(Template)]
#[template(path = "goodbye.html")]
struct GoodbyePage {
    layout: Layout,
}

/// The page to go to after the log-in.
#[derive(Debug, Deserialize)]
pub struct NextQuery {
    /// The path, if there is one.
    #[serde(default, deserialize_with = "form::local_path")]
    pub next: Option<LocalPath>,
}

/// The name and the password, and the page to go to.
#[derive(Debug, Deserialize)]
pub struct LoginForm {
    name: String,
    password: Typed,
    /// The box "Keep me logged in".
    #[serde(default, deserialize_with = "form::ticked")]
    stay: bool,
    #[serde(default, deserialize_with = "form::local_path")]
    next: Option<LocalPath>,
}

/// Shows the form.
///
/// The configuration names this page as `session.log_in.path`, to which the library redirects
/// visitors from pages for members.
#[get(path = "/login")]
pub async fn show_login(
    session: &mut Session,
    layout: Layout,
    users: &UsersConfig,
    policy: &SessionPolicy,
    query: QueryParams<NextQuery>,
) -> Result<Response, ShopError> {
    let QueryParams(query) = query;
    let login = LoginPage {
        layout: layout.with_flashes(session).await?,
        demo: users.demo.as_ref(),
        next: query.next.unwrap_or_default(),
        name: "",
        // Only the visitor knows whether others use the device.
        stay: offer(policy, false),
        refused: false,
    };
    Ok(page(&login)?)
}

/// Verifies name and password, and logs the member in.
///
/// An example of [`Session::log_in_keeping`]: the cart of the visitor stays, and the session gets a
/// new token, so that a cookie planted before the log-in is worthless after it. The visitor decides
/// whether the session outlives the browser.
#[post(path = "/login")]
#[expect(clippy::too_many_arguments, reason = "each one is a component")]
pub async fn log_in(
    session: &mut Session,
    layout: Layout,
    users: &Users,
    visitor: &Visitor,
    config: &UsersConfig,
    policy: &SessionPolicy,
    device: Device,
    form: Form<LoginForm>,
) -> Result<Response, ShopError> {
    let Form(form) = form;
    let next = form.next.unwrap_or_default();
    let Some(member) = users.verify(&form.name, form.password.0, visitor).await? else {
        let login = LoginPage {
            layout,
            demo: config.demo.as_ref(),
            next,
            name: &form.name,
            stay: offer(policy, form.stay),
            refused: true,
        };
        return Ok(page(&login)?.set_status(StatusCode::UNAUTHORIZED));
    };
    let log_in = device.label_log_in(member.log_in(), layout.language);
    let log_in = match form.stay {
        true => log_in.remembered(),
        false => log_in.for_this_browser_session(),
    };
    session.log_in_keeping(log_in, BROUGHT_ALONG).await?;
    Ok(next.see_other())
}

/// Returns the box with its tick, if the configuration allows members to stay logged in.
fn offer(policy: &SessionPolicy, ticked: bool) -> Option<bool> {
    policy.config().log_in.allow_remembered.then_some(ticked)
}

/// Logs the member out.
///
/// An example of [`Session::log_out`]: the response removes the cookie, and the record is deleted.
/// If the store fails, the visitor gets an error page and stays logged in.
#[post(path = "/logout")]
pub async fn log_out(session: &mut Session) -> Response {
    session.log_out();
    to_goodbye()
}

/// Shows the page after a log-out. It writes nothing, so the browser stays without a cookie.
#[get(path = "/goodbye")]
pub fn goodbye(session: &Session, layout: Layout) -> Result<Response, ShopError> {
    match session.id() {
        None => Ok(page(&GoodbyePage { layout })?),
        Some(_) => Ok(to_page("/")),
    }
}

pub(super) fn to_goodbye() -> Response {
    to_page("/goodbye")
}
