//! Tests of the store on its servers.
//!
//! Those on single servers take them from the environment: see [`support`].

#![allow(clippy::unwrap_used, missing_docs, reason = "these are tests")]

mod facts;
mod gate;
mod index;
mod support;

mod commands;
mod configuration;
mod start_up;
#[cfg(feature = "tls")]
mod tls;

mod on_cluster;
mod on_redis;
mod on_sentinel;
mod on_valkey;
