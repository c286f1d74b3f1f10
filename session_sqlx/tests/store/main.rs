//! Tests of the stores on their databases.
//!
//! The environment has the URLs of the servers: see [`support`].

#![cfg(any(feature = "postgres", feature = "mysql", feature = "sqlite"))]
#![allow(clippy::unwrap_used, missing_docs, reason = "these are tests")]

mod facts;
mod support;
mod workers;

#[cfg(any(feature = "postgres", feature = "mysql"))]
mod load;

#[cfg(feature = "postgres")]
mod postgres;

#[cfg(feature = "mysql")]
mod mysql;

#[cfg(feature = "sqlite")]
mod sqlite;
