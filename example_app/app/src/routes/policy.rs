//! The rules for the sessions of this server.

use askama::Template;
use pavex::request::RequestHead;
use pavex::{Response, get};
use session::{Session, SessionPolicy};

use crate::errors::ShopError;
use crate::pages::html::page;
use crate::pages::language::Language;
use crate::pages::layout::Layout;

#[derive(Template)]
#[template(path = "policy.html")]
struct PolicyPage<'a> {
    layout: Layout,
    rules: Vec<&'a str>,
}

/// Lists the rules of the session policy.
///
/// An example of [`SessionPolicy`] as a parameter; its `Display` form has one sentence for each
/// rule.
#[get(path = "/policy")]
pub async fn show_policy(
    session: &Session,
    policy: &SessionPolicy,
    language: Language,
    head: &RequestHead,
) -> Result<Response, ShopError> {
    let text = policy.to_string();
    let policy = PolicyPage {
        layout: Layout::recent(session, language, head).await?,
        rules: text.split_inclusive(". ").collect(),
    };
    Ok(page(&policy)?)
}
