//! For members only.

use askama::Template;
use pavex::http::header::{CACHE_CONTROL, HeaderValue};
use pavex::{Response, get};
use session::Session;
use time::UtcDateTime;

use crate::errors::ShopError;
use crate::members::CurrentUser;
use crate::pages::html::page;
use crate::pages::language::Language;
use crate::pages::layout::Layout;

#[derive(Template)]
#[template(path = "account.html")]
struct AccountPage {
    layout: Layout,
    user: String,
    session_id: String,
    began: String,
    ends: String,
}

/// What the shop knows of a member. Without a [`CurrentUser`] there is no way to call it.
#[get(path = "/account")]
pub fn show_account(
    user: &CurrentUser,
    session: &Session,
    layout: Layout,
) -> Result<Response, ShopError> {
    let account = AccountPage {
        layout,
        user: user.name().to_owned(),
        session_id: session.id().map(|id| id.to_string()).unwrap_or_default(),
        began: session.created_at().map(to_the_minute).unwrap_or_default(),
        ends: session.expires_at().map(to_the_minute).unwrap_or_default(),
    };
    // The browser's “back” after a log-out must not show it.
    let no_store = HeaderValue::from_static("no-store");
    Ok(page(&account)?.insert_header(CACHE_CONTROL, no_store))
}

fn to_the_minute(time: UtcDateTime) -> String {
    let (date, hour, minute) = (time.date(), time.hour(), time.minute());
    format!("{date}, {hour:02}:{minute:02} UTC")
}
