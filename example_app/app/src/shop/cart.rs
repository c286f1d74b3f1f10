//! The visitor's cart, kept in the server-side state of the session.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use session::StateKey;

use crate::errors::BadInput;
use crate::shop::catalogue::Product;
use crate::shop::price::Price;

/// Where the session has the cart.
pub const CART: StateKey<Cart> = StateKey::new("cart");

/// How many of which product.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cart(BTreeMap<String, u32>);

/// How many of one product fit into the cart.
pub const MAX_QUANTITY: u32 = 99;

/// A row of the cart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line {
    /// What is bought.
    pub product: &'static Product,
    /// How many of it.
    pub quantity: u32,
}

impl Line {
    /// What the row costs.
    pub fn total(&self) -> Price {
        self.product.price * self.quantity
    }
}

impl Cart {
    /// The cart with so many more of the product, as far as they fit.
    pub fn with_more(mut self, product: &Product, quantity: u32) -> Self {
        let old = self.0.get(product.id).copied().unwrap_or(0);
        let new = old.saturating_add(quantity).min(MAX_QUANTITY);
        self.0.insert(product.id.to_owned(), new);
        self
    }

    /// The cart with exactly so many of the product; zero takes it out.
    pub fn with_exactly(mut self, product: &Product, quantity: u32) -> Self {
        match quantity {
            0 => self.0.remove(product.id),
            n => self.0.insert(product.id.to_owned(), n.min(MAX_QUANTITY)),
        };
        self
    }

    /// The rows. What is no longer sold is left out.
    pub fn lines(&self) -> Vec<Line> {
        let line = |(id, &quantity): (&String, &u32)| {
            let product = Product::find(id).ok()?;
            Some(Line { product, quantity })
        };
        self.0.iter().filter_map(line).collect()
    }

    /// How many things are in it.
    pub fn count(&self) -> u32 {
        self.lines().iter().map(|line| line.quantity).sum()
    }

    /// What all of it costs.
    pub fn total(&self) -> Price {
        self.lines().iter().map(Line::total).sum()
    }
}

/// Reads a quantity out of a form.
///
/// # Errors
///
/// If it is no number, below `least`, or above [`MAX_QUANTITY`].
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
    fn zero_takes_a_product_out() {
        let [notebook, ..] = &CATALOGUE;
        let cart = Cart::default().with_more(notebook, 2);
        assert_eq!(cart.clone().with_exactly(notebook, 1).count(), 1);
        assert_eq!(cart.with_exactly(notebook, 0), Cart::default());
    }

    #[test]
    fn what_is_no_longer_sold_is_left_out() {
        let cart = Cart(BTreeMap::from([("typewriter".to_owned(), 3)]));
        assert_eq!((cart.lines(), cart.count()), (vec![], 0));
    }

    #[test]
    fn only_sensible_quantities_are_accepted() {
        assert_eq!(parse_quantity(" 7 ", 1), Ok(7));
        assert_eq!(parse_quantity("0", 0), Ok(0));
        for text in ["", "0", "-1", "1.5", "100", "99999999999", "one"] {
            assert_eq!(parse_quantity(text, 1), Err(BadInput::Quantity), "{text}");
        }
    }
}
