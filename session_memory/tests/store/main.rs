//! What the in-memory store does beyond the contract.

#![allow(clippy::unwrap_used)]

mod bound;
mod cleaning;
mod spread;
