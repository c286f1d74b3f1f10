//! The routes of the shop. Each file is an example of one use of sessions.

pub mod assets;
pub mod health;

pub mod cart;
pub mod home;
pub mod language;
pub mod policy;
pub mod session;

pub mod login;
pub mod signup;
pub mod take_back;

pub mod account;
pub mod confirm;
pub mod devices;
pub mod password;

pub mod not_found;
