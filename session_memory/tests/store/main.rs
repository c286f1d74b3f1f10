//! Tests of what the in-memory store guarantees beyond the contract of all backends.

#![allow(clippy::unwrap_used)]

mod cleaning;
mod limit;
mod public_traits;
mod walk;
