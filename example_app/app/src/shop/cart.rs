//! The visitor's cart, kept in the server-side state of the session.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use session::StateKey;

use crate::errors::BadInput;
use crate::shop::catalogue::Product;
use crate::shop::price::Price;

/// The key of the cart in the session.
pub const CART: StateKey<Cart> = StateKey::new("cart");

/// The quantities by product id.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cart(BTreeMap<String, u32>);

/// The largest quantity of one product in the cart.
pub const MAX_QUANTITY: u32 = 99;

/// A line of the cart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line {
    /// The product.
    pub product: &'static Product,
    /// The number of items.
    pub quantity: u32,
}

impl Line {
    /// Returns the price of the line.
    pub fn total(&self) -> Price {
        self.product.price * self.quantity
    }
}

impl Cart {
    /// Returns the cart with more of the product, up to [`MAX_QUANTITY`].
    pub fn with_more(mut self, product: &Product, quantity: u32) -> Self {
        let old = self.0.get(product.id).copied().unwrap_or(0);
        let new = old.saturating_add(quantity).min(MAX_QUANTITY);
        self.0.insert(product.id.to_owned(), new);
        self
    }

    /// Returns the cart with exactly that quantity of the product. Zero removes the product.
    pub fn with_exactly(mut self, product: &Product, quantity: u32) -> Self {
        match quantity {
            0 => self.0.remove(product.id),
            n => self.0.insert(product.id.to_owned(), n.min(MAX_QUANTITY)),
        };
        self
    }

    /// Returns the lines, without products that the shop no longer sells.
    pub fn lines(&self) -> Vec<Line> {
        let line = |(id, &quantity): (&String, &u32)| {
            let product = Product::find(id).ok()?;
            Some(Line { product, quantity })
        };
        self.0.iter().filter_map(line).collect()
    }

    /// Returns the number of items.
    pub fn count(&self) -> u32 {
        self.lines().iter().map(|line| line.quantity).sum()
    }

    /// Returns the price of all items.
    pub fn total(&self) -> Price {
        self.lines().iter().map(Line::total).sum()
    }
}

/// Parses the quantity of a form.
///
/// # Errors
///
/// Returns [`BadInput::Quantity`] if the text is not a number from `least` to [`MAX_QUANTITY`].
pub fn parse_quantity(text: &str, least: u32) -> Result<u32, BadInput> {
    let quantity = text.trim().parse().map_err(|_| BadInput::Quantity)?;
    match (least..=MAX_QUANTITY).contains(&quantity) {
        true => Ok(quantity),
        false => Err(BadInput::Quantity),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shop::catalogue::CATALOGUE;

    #[test]
    fn adding_sums_up_and_stops_at_the_limit() {
        let [notebook, pen, ..] = &CATALOGUE;
        let cart = Cart::default().with_more(notebook, 2).with_more(pen, 1);
        assert_eq!(cart.count(), 3);
        assert_eq!(cart.total(), Price::cents(6_800));
        let full = cart.with_more(notebook, u32::MAX);
        assert_eq!(full.count(), MAX_QUANTITY + 1);
    }

    #[test]
    fn a_quantity_of_zero_removes_the_product() {
        let [notebook, ..] = &CATALOGUE;
        let cart = Cart::default().with_more(notebook, 2);
        assert_eq!(cart.clone().with_exactly(notebook, 1).count(), 1);
        assert_eq!(cart.with_exactly(notebook, 0), Cart::default());
    }

    #[test]
    fn a_product_that_is_no_longer_sold_is_left_out() {
        let cart = Cart(BTreeMap::from([("typewriter".to_owned(), 3)]));
        assert_eq!((cart.lines(), cart.count()), (vec![], 0));
    }

    #[test]
    fn a_quantity_is_a_number_from_the_least_to_the_limit() {
        assert_eq!(parse_quantity(" 7 ", 1), Ok(7));
        assert_eq!(parse_quantity("0", 0), Ok(0));
        for text in ["", "0", "-1", "1.5", "100", "99999999999", "one"] {
            assert_eq!(parse_quantity(text, 1), Err(BadInput::Quantity), "{text}");
        }
    }
}
