//! What the shop is about.

pub mod cart;
pub mod catalogue;
pub mod price;
