//! The front page: the catalogue and a counter of visits.

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
    visits: u64,
    products: &'static [Product],
}

/// Lists the products and counts the visit.
///
/// An example of [`Session::update`]. If another request of the same visitor commits first, the
/// closure runs again on the number that the other request left, so that no visit is lost.
#[get(path = "/")]
pub async fn home(session: &mut Session, layout: Layout) -> Result<Response, ShopError> {
    let one_more = |visits: Option<u64>| visits.unwrap_or(0).saturating_add(1);
    let visits = session.update(VISITS, one_more).await?;
    let home = HomePage {
        layout: layout.with_flashes(session).await?,
        visits,
        products: &CATALOGUE,
    };
    Ok(page(&home)?)
}
