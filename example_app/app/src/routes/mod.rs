//! What the shop answers to which request.

pub mod assets;
pub mod health;

pub mod account;
pub mod cart;
pub mod home;
pub mod language;
pub mod login;

pub mod not_found;
