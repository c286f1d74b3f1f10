//! The cart: show it, add to it, change it, empty it.

use askama::Template;
use pavex::{Response, get, post};
use serde::Deserialize;
use session::Session;

use crate::errors::{CartIsFull, ShopError};
use crate::form::Form;
use crate::pages::html::{page, to_page};
use crate::pages::language::Language;
use crate::pages::layout::Layout;
use crate::shop::cart::{CART, Cart, Line, MAX_ITEMS, parse_quantity};
use crate::shop::catalogue::Product;
use crate::shop::price::Price;

#[derive(Template)]
#[template(path = "cart.html")]
struct CartPage {
    layout: Layout,
    lines: Vec<Line>,
    total: Price,
}

/// A product and its quantity.
#[derive(Debug, Deserialize)]
pub struct CartForm {
    product: String,
    quantity: String,
}

/// Shows the cart.
///
/// An example of [`Session::get`]. A visitor without a session has an empty cart, and gets no
/// cookie for looking at it.
#[get(path = "/cart")]
pub async fn show_cart(session: &mut Session, layout: Layout) -> Result<Response, ShopError> {
    let cart = session.get(CART).await?.unwrap_or_default();
    let cart = CartPage {
        lines: cart.lines(),
        total: cart.total(),
        layout: layout.with_flashes(session).await?,
    };
    Ok(page(&cart)?)
}

/// Adds items of a product to the cart.
///
/// An example of [`Session::try_update`] with a closure that uses values of the request: it is
/// `'static` and may run more than once, so it moves them and does nothing but compute.
#[post(path = "/cart")]
pub async fn add_to_cart(
    session: &mut Session,
    form: Form<CartForm>,
) -> Result<Response, ShopError> {
    let Form(form) = form;
    let product = Product::find(&form.product)?;
    let quantity = parse_quantity(&form.quantity, 1)?;
    update_cart(session, move |cart| cart.with_more(product, quantity)).await
}

/// Changes the quantity of a product in the cart. Zero removes the product.
#[post(path = "/cart/change")]
pub async fn change_cart(
    session: &mut Session,
    form: Form<CartForm>,
) -> Result<Response, ShopError> {
    let Form(form) = form;
    let product = Product::find(&form.product)?;
    let quantity = parse_quantity(&form.quantity, 0)?;
    update_cart(session, move |cart| cart.with_exactly(product, quantity)).await
}

/// Empties the cart.
///
/// An example of [`Session::remove`]: one key goes, and the rest of the session stays.
#[post(path = "/cart/clear")]
pub async fn clear_cart(session: &mut Session) -> Result<Response, ShopError> {
    session.remove(CART).await?;
    Ok(to_page("/cart"))
}

/// Changes the cart, unless `change` refuses.
async fn update_cart<F>(session: &mut Session, change: F) -> Result<Response, ShopError>
where
    F: Fn(Cart) -> Result<Cart, CartIsFull> + Send + Sync + 'static,
{
    let change = move |cart: Option<Cart>| change(cart.unwrap_or_default()).map(Some);
    session.try_update(CART, change).await??;
    // If a parallel request has filled the cart, `change` refuses at the commit. An error of the
    // handler gets the page for a full cart; one of the middleware gets the page for failures.
    session.commit().await?;
    Ok(to_page("/cart"))
}
