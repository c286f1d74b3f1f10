//! What the stores promise when their databases fail: on servers of their own, which the tests kill,
//! stop and fill up.
//!
//! One test runs at a time: see [`alone`]. Limits of time are promises, with a margin; no test
//! compares its speed with anything but itself.

#![cfg(any(feature = "postgres", feature = "mysql", feature = "sqlite"))]
#![allow(clippy::unwrap_used, missing_docs, reason = "these are tests")]
#![cfg_attr(
    not(any(feature = "postgres", feature = "mysql")),
    allow(dead_code, reason = "for servers")
)]

mod alone;
mod databases;

mod client;
mod ledger;
mod load;
#[cfg(any(feature = "postgres", feature = "mysql"))]
mod proxy;

#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod full_disk;
mod hang_ups;
#[cfg(any(feature = "postgres", feature = "mysql"))]
mod kills;
#[cfg(any(feature = "postgres", feature = "mysql"))]
mod silence;
mod small_pool;
#[cfg(any(feature = "postgres", feature = "mysql"))]
mod stops;
mod sweeps;
