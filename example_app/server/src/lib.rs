//! The server of the example application: configuration, logging, start and stop around the generated crate
//! `server_sdk`.

pub mod configuration;
pub mod telemetry;

mod profile;
mod shop;

pub use shop::{RunningShop, Shop};
