//! Tests of the store on its servers.
//!
//! The environment names the single servers that tests share: see [`support`].

#![allow(clippy::unwrap_used, missing_docs, reason = "these are tests")]

mod facts;
mod gate;
mod index;
mod interleavings;
mod support;

mod commands;
mod configuration;
mod idle;
mod start_up;
#[cfg(feature = "tls")]
mod tls;
mod workers;

mod on_cluster;
mod on_redis;
mod on_sentinel;
mod on_valkey;
