//! Tests of the stores on their databases.
//!
//! Those on servers take the servers from the environment: see [`support`].

#[macro_use]
mod facts;
mod support;

#[cfg(feature = "postgres")]
mod postgres;

#[cfg(feature = "mysql")]
mod mysql;

#[cfg(feature = "sqlite")]
mod sqlite;
