//! Tests of the stores on their databases.
//!
//! Those on servers take the servers from the environment: see [`support`].

#![cfg(any(feature = "postgres", feature = "mysql", feature = "sqlite"))]
#![allow(clippy::unwrap_used, missing_docs, reason = "these are tests")]

mod facts;
mod support;

#[cfg(feature = "postgres")]
mod postgres;

#[cfg(feature = "mysql")]
mod mysql;

#[cfg(feature = "sqlite")]
mod sqlite;
