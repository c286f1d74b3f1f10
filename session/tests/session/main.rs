//! Tests of the public interface over a memory store.

#![allow(clippy::unwrap_used, missing_docs)]

extern crate session_kit as session;

mod support;

mod after_a_breach;

mod anonymous;
mod caching;
mod client_state;
mod commit;
mod cookie;
mod counts;
mod dead_cookie;
mod discarded;
mod ends;
mod life;
mod log_in;
mod log_out;

mod concurrency;
mod faults;
mod header;
mod intercepted;
mod late_answers;
mod late_writes;
mod lost_answers;
mod secrecy;
mod several_cookies;
mod shield;
mod sweeper;

mod cookie_only;
mod one_browser;
mod policy;
mod renewal;

mod components;
mod config_loader;
mod credentials;
mod cross_origin;
mod events;
mod expiring;
mod flash;
mod identity_provider;
#[cfg(feature = "metrics")]
mod metrics;
mod passive;
mod planted;
mod presets;
mod readme_table;
mod recent;
mod registry;
mod remembered;
mod sequences;
mod session_limit;
mod start;
mod statistics;
mod valid_from;
mod values;
