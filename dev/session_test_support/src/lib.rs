//! Tools for the tests of storage backends whose servers fail: clients that use sessions, faults,
//! and the scenarios that SQL stores and Redis share.
//!
//! - [`Load`] runs [`Client`]s, which remember the acknowledged changes of their sessions. Its
//!   [`Report`] compares them with the stored ones.
//! - [`Crowd`] fills a server with sessions until it is full.
//! - [`Proxy`] is a network that can fall silent.
//! - [`Authority`] signs certificates of servers and clients.
//! - [`scenarios`] combines load and faults. A test starts the server and the application.
//!
//! The functions panic if an expectation is not met.

#![allow(
    clippy::exhaustive_enums,
    clippy::exhaustive_structs,
    reason = "only the tests of this workspace use it"
)]
#![allow(clippy::unwrap_used, reason = "this is for tests")]

mod alone;
mod application;
mod authority;

mod client;
mod crowd;

mod answer;
mod ledger;
mod load;
mod report;
mod worker;

mod proxy;

pub mod scenarios;

pub use alone::alone;
pub use answer::{Answer, Outcome};
pub use application::{LIMIT, MARGIN, app, app_with_limit};
pub use authority::Authority;
pub use client::Client;
pub use crowd::{Crowd, expect_full, expect_room};
pub use load::{CLIENTS, Load};
pub use proxy::Proxy;
pub use report::{Kept, Report};
