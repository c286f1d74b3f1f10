//! The overview of a member's account: facts about the session.

use askama::Template;
use pavex::{Response, get};
use session::Session;

use crate::errors::ShopError;
use crate::members::CurrentUser;
use crate::pages::html::page;
use crate::pages::language::Language;
use crate::pages::layout::Layout;
use crate::pages::time::to_the_minute;

#[derive(Template)]
#[template(path = "account.html")]
struct AccountPage<'a> {
    layout: Layout,
    user: &'a str,
    session_id: String,
    began: String,
    authenticated: String,
    ends: String,
}

/// Shows the account, for members only.
///
/// An example of a route that requires a log-in: pavexc refuses to compile a blueprint that could
/// call this handler without a [`CurrentUser`].
#[get(path = "/account")]
pub async fn show_account(
    user: &CurrentUser,
    session: &mut Session,
    layout: Layout,
) -> Result<Response, ShopError> {
    let authenticated = session.authenticated_at().await?;
    let id = session.id();
    let account = AccountPage {
        layout: layout.with_flashes(session).await?,
        user: user.name(),
        session_id: id.map(|id| id.to_string()).unwrap_or_default(),
        began: id
            .map(|id| to_the_minute(id.created_at()))
            .unwrap_or_default(),
        authenticated: authenticated.map(to_the_minute).unwrap_or_default(),
        ends: session.expires_at().map(to_the_minute).unwrap_or_default(),
    };
    Ok(page(&account)?)
}
