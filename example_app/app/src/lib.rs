//! The example application: a small shop, written as a Pavex blueprint.
//!
//! [`blueprint()`] lists the components of the application. From it, pavexc generates the crate
//! `server_sdk`, which the crate `server` runs. The shop uses its sessions for:
//!
//! - a visit counter and the cart, in the server-side state: [`routes::home`], [`routes::cart`];
//! - the language of the pages, in the client-side state: [`pages::language`],
//!   [`routes::language`];
//! - the members, their log-ins and their devices: [`routes::login`], [`routes::devices`];
//! - a second proof of identity before a sensitive change: [`routes::confirm`],
//!   [`routes::password`];
//! - messages for the next page: [`pages::layout`].
//!
//! The sessions and the members are in one [`database`], which the configuration selects.

#![allow(
    clippy::exhaustive_enums,
    clippy::exhaustive_structs,
    unreachable_pub,
    reason = "no other crate depends on an application"
)]

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

/// The code of the guides, which the tests of the documentation compile.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/identity-provider.md")]
mod guides {}
