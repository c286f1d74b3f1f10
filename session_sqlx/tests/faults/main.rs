//! Failures of the databases, on servers of their own: the tests kill them, stop them and fill them
//! up.
//!
//! One test runs at a time, see [`alone`](session_test_support::alone). Limits of time are
//! promises, with a margin. No test compares its speed with anything but itself.

#![cfg(any(feature = "postgres", feature = "mysql", feature = "sqlite"))]
#![allow(clippy::unwrap_used, missing_docs, reason = "these are tests")]

mod databases;

#[cfg(feature = "postgres")]
mod failover;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod full_disk;
#[cfg(feature = "mysql")]
mod galera;
mod hang_ups;
#[cfg(any(feature = "postgres", feature = "mysql"))]
mod idle;
#[cfg(any(feature = "postgres", feature = "mysql"))]
mod kills;
#[cfg(feature = "postgres")]
mod locks;
#[cfg(feature = "postgres")]
mod pgbouncer;
#[cfg(any(feature = "postgres", feature = "mysql"))]
mod refusals;
#[cfg(any(feature = "postgres", feature = "mysql"))]
mod replicas;
#[cfg(any(feature = "postgres", feature = "mysql"))]
mod silence;
mod small_pool;
#[cfg(any(feature = "postgres", feature = "mysql"))]
mod stops;
mod sweeps;
#[cfg(any(feature = "postgres", feature = "mysql"))]
mod workers;
