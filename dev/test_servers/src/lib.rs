//! Throw-away database servers for the tests: [`Server`], from the binaries that the system has.
//!
//! A server listens on a free port of the loopback interface and keeps its data in a temporary folder.
//! Both are gone at the end: also after a panic, and if the process that started it is killed.
//!
//! Besides, where the system has a browser: [`chromium()`].
//!
//! For Unix systems; faults of Postgres ([`Server::kill`], [`Server::stop`]) need Linux's `/proc`.
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

mod layout;
mod server;

mod cluster;
mod sentinel;

mod database;
mod mariadb;
mod postgres;
mod redis;

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
pub use install::{ensure_chromium_installed, ensure_installed};
pub use sentinel::Watched;
pub use server::{Server, Setup};
