//! The cart: show it, add to it, change it, empty it.

use askama::Template;
use pavex::{Response, get, post};
use serde::Deserialize;
use session::Session;

use crate::errors::ShopError;
use crate::form::Form;
use crate::pages::html::page;
use crate::pages::language::Language;
use crate::pages::layout::Layout;
use crate::pages::local_path::LocalPath;
use crate::shop::cart::{CART, Cart, Line, MAX_QUANTITY, parse_quantity};
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
/// An example of [`Session::update`] with a closure that uses values of the request: it is
/// `'static` and may run more than once, so it moves them and does nothing but compute.
#[post(path = "/cart")]
pub async fn add_to_cart(
    session: &mut Session,
    form: Form<CartForm>,
) -> Result<Response, ShopError> {
    let Form(form) = form;
    let product = Product::find(&form.product)?;
    let quantity = parse_quantity(&form.quantity, 1)?;
    let add = move |cart: Option<Cart>| cart.unwrap_or_default().with_more(product, quantity);
    session.update(CART, add).await?;
    Ok(to_cart())
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
    let change = move |cart: Option<Cart>| cart.unwrap_or_default().with_exactly(product, quantity);
    session.update(CART, change).await?;
    Ok(to_cart())
}

/// Empties the cart.
///
/// An example of [`Session::remove`]: one key goes, and the rest of the session stays.
#[post(path = "/cart/clear")]
pub async fn clear_cart(session: &mut Session) -> Result<Response, ShopError> {
    session.remove(CART).await?;
    Ok(to_cart())
}

fn to_cart() -> Response {
    LocalPath::new("/cart").see_other()
}
