//! Throw-away database servers for the tests: a [`Server`] runs programs that the system has.
//!
//! A server listens on a free port of the loopback interface, and keeps its data in a temporary
//! folder. Both are freed at the end, even after a panic or the death of the process that started
//! the server.
//!
//! A [`Release`] fetches programs that the system does not have, from another suite of Debian.
//!
//! [`chromium()`] finds the browser of the system.
//!
//! The crate is for Unix systems. [`Server::kill`] and [`Server::stop`] require `/proc` of Linux.
//!
//! # Example
//!
//! ```no_run
//! use test_servers::{Database, Server};
//!
//! # fn main() -> anyhow::Result<()> {
//! let mut server = Server::start(Database::Postgres)?;
//! println!("{}", server.url());
//! server.kill()?;
//! server.restart()?; // same URL, same data
//! # Ok(()) }
//! ```

#![allow(
    clippy::exhaustive_enums,
    reason = "only the tests of this workspace use it"
)]

mod server;

mod cluster;
mod galera;
mod sentinel;

mod database;

mod context;
mod engine;
mod facts;
mod galera_node;
mod mariadb;
mod pgbouncer;
mod postgres;
mod redis;

mod release;

mod account;
mod port;
mod process;
mod programs;
mod watchdog;

mod chromium;
mod disk;
mod install;

pub use account::is_root;
pub use chromium::chromium;
pub use cluster::Cluster;
pub use database::Database;
pub use disk::SmallDisk;
pub use galera::Galera;
pub use install::{ensure_chromium_installed, ensure_galera_installed, ensure_installed};
pub use release::Release;
pub use sentinel::SentinelSetup;
pub use server::{Server, Setup};
