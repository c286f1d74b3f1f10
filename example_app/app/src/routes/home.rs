//! The front of the shop.

use askama::Template;
use pavex::{Response, get};
use session::{Session, StateKey};

use crate::errors::ShopError;
use crate::pages::html::page;
use crate::pages::language::Language;
use crate::pages::layout::Layout;
use crate::shop::cart::MAX_QUANTITY;
use crate::shop::catalogue::{CATALOGUE, Product};

/// Where the session has the number of visits.
pub const VISITS: StateKey<u64> = StateKey::new("visits");

#[derive(Template)]
#[template(path = "home.html")]
struct Home {
    layout: Layout,
    visits: u64,
    products: &'static [Product],
}

/// The catalogue. Counts the visits.
#[get(path = "/")]
pub async fn home(session: &mut Session, layout: Layout) -> Result<Response, ShopError> {
    // Runs again on the fresh number if another request of this visitor was faster.
    let one_more = |visits: Option<u64>| visits.unwrap_or(0).saturating_add(1);
    let visits = session.update(VISITS, one_more).await?;
    let products = &CATALOGUE;
    Ok(page(&Home {
        layout: layout.with_flashes(session).await?,
        visits,
        products,
    })?)
}
