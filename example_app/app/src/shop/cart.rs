//! The visitor's cart, kept in the server-side state of the session.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use session::StateKey;

use crate::errors::{BadInput, CartIsFull};
use crate::shop::catalogue::Product;
use crate::shop::price::Price;

/// The key of the cart in the session.
pub const CART: StateKey<Cart> = StateKey::new("cart");

/// The quantities by product id.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cart(BTreeMap<String, u32>);

/// The largest number of items in a cart.
pub const MAX_ITEMS: u32 = 99;

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
    /// Returns the cart with more of the product.
    ///
    /// # Errors
    ///
    /// Returns [`CartIsFull`] if the cart would have more than [`MAX_ITEMS`].
    pub fn with_more(self, product: &Product, quantity: u32) -> Result<Self, CartIsFull> {
        let old = self.0.get(product.id).copied().unwrap_or(0);
        self.with_exactly(product, old.saturating_add(quantity))
    }

    /// Returns the cart with exactly that quantity of the product. Zero removes the product.
    ///
    /// # Errors
    ///
    /// Returns [`CartIsFull`] if the cart would have more than [`MAX_ITEMS`].
    pub fn with_exactly(mut self, product: &Product, quantity: u32) -> Result<Self, CartIsFull> {
        match quantity {
            0 => self.0.remove(product.id),
            n => self.0.insert(product.id.to_owned(), n),
        };
        match self.count() <= MAX_ITEMS {
            true => Ok(self),
            false => Err(CartIsFull),
        }
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
        let quantities = self.lines().into_iter().map(|line| line.quantity);
        quantities.fold(0, u32::saturating_add)
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
/// Returns [`BadInput::Quantity`] if the text is not a number from `least` to [`MAX_ITEMS`].
pub fn parse_quantity(text: &str, least: u32) -> Result<u32, BadInput> {
    let quantity = text.trim().parse().map_err(|_| BadInput::Quantity)?;
    match (least..=MAX_ITEMS).contains(&quantity) {
        true => Ok(quantity),
        false => Err(BadInput::Quantity),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shop::catalogue::CATALOGUE;

    #[test]
    fn additions_to_a_cart_sum_up() -> Result<(), CartIsFull> {
        let [notebook, pen, ..] = &CATALOGUE;
        let cart = Cart::default().with_more(notebook, 1)?.with_more(pen, 1)?;
        let cart = cart.with_more(notebook, 1)?;
        assert_eq!((cart.count(), cart.total()), (3, Price::cents(6_800)));
        Ok(())
    }

    #[test]
    fn a_cart_with_the_largest_number_of_items_refuses_another_one() -> Result<(), CartIsFull> {
        let [notebook, pen, ..] = &CATALOGUE;
        let full = Cart::default().with_more(notebook, MAX_ITEMS)?;
        for more in [1, u32::MAX] {
            assert_eq!(full.clone().with_more(notebook, more), Err(CartIsFull));
            assert_eq!(full.clone().with_exactly(pen, more), Err(CartIsFull));
        }
        let less = full.with_exactly(notebook, MAX_ITEMS - 1)?;
        assert_eq!(less.with_more(pen, 1)?.count(), MAX_ITEMS);
        Ok(())
    }

    #[test]
    fn a_quantity_of_zero_removes_the_product() -> Result<(), CartIsFull> {
        let [notebook, ..] = &CATALOGUE;
        let cart = Cart::default().with_more(notebook, 2)?;
        assert_eq!(cart.clone().with_exactly(notebook, 1)?.count(), 1);
        assert_eq!(cart.with_exactly(notebook, 0)?, Cart::default());
        Ok(())
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
