//! The server of the example application: the configuration, the log, the start and the stop of the
//! generated crate `server_sdk`.

#![allow(
    clippy::exhaustive_enums,
    reason = "no other crate depends on an application"
)]

pub mod configuration;
pub mod telemetry;

mod profile;
mod shop;

pub use shop::{RunningShop, Shop};
