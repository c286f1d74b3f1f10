//! Failures of the servers and of the network, and clients that hang up.
//!
//! The tests start servers of their own, one test at a time.

#![allow(clippy::unwrap_used, missing_docs, reason = "these are tests")]

mod site;

mod cutoff;
mod eviction;
mod foreign_records;
mod full_memory;
mod hang_ups;
mod kills;
mod lost_answers;
mod scripts;
mod silence;
mod stops;

mod failover;
mod migration;
