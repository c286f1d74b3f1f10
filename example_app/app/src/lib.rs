//! The example application: a small shop, written as a Pavex blueprint.
//!
//! [`blueprint()`] says what the application consists of. From it, pavexc generates the crate
//! `server_sdk`, which the crate `server` runs. What a session is used for here:
//!
//! - a visit counter and the cart: server-side state ([`shop::cart`], [`routes::home`]);
//! - the language of the pages: client-side state ([`pages::language`]);
//! - who is logged in, and where: the session's principal ([`members`], [`routes::devices`]);
//! - what to say on the next page: flash messages ([`pages::layout`]).
//!
//! Sessions and members are in one [`database`]; which one is a matter of configuration.

mod blueprint;
pub mod configuration;
pub mod telemetry;

pub mod database;

pub mod routes;

pub mod members;
pub mod shop;

pub mod errors;
pub mod form;
pub mod pages;

pub use blueprint::blueprint;
