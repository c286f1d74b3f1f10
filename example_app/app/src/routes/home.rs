//! The front page: the catalogue and, for those who have a session, a counter of visits.

use askama::Template;
use pavex::{Response, get};
use session::{Session, StateKey};

use crate::errors::ShopError;
use crate::pages::html::page;
use crate::pages::language::Language;
use crate::pages::layout::Layout;
use crate::shop::cart::MAX_ITEMS;
use crate::shop::catalogue::{CATALOGUE, Product};

/// The key of the number of visits in the session.
pub const VISITS: StateKey<u64> = StateKey::new("visits");

#[derive(Template)]
#[template(path = "home.html")]
struct HomePage {
    layout: Layout,
    visits: Option<u64>,
    products: &'static [Product],
}

/// Lists the products, and counts the visit of those who have a session.
///
/// A stranger who only looks gets no session, and costs the store nothing.
///
/// An example of [`Session::update`]. If another request of the same visitor commits first, the
/// closure runs again on the number that the other request left, so that no visit is lost.
#[get(path = "/")]
pub async fn home(session: &mut Session, layout: Layout) -> Result<Response, ShopError> {
    let visits = match session.id() {
        None => None,
        Some(_) => Some(session.update(VISITS, one_more).await?),
    };
    let home = HomePage {
        layout: layout.with_flashes(session).await?,
        visits,
        products: &CATALOGUE,
    };
    Ok(page(&home)?)
}

fn one_more(visits: Option<u64>) -> u64 {
    visits.unwrap_or(0).saturating_add(1)
}
