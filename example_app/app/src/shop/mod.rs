//! The products, their prices, and the cart.

pub mod cart;
pub mod catalogue;
pub mod price;
