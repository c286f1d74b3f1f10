//! Small applications that the tests compile with pavexc.
//!
//! Each module has one `blueprint()`. pavexc accepts those in [`working`], and the tests check the
//! code that it generates. Those in [`mistakes`] are mistakes that users make. The tests keep the
//! report of pavexc on each of them.

#![allow(
    clippy::exhaustive_structs,
    reason = "the types are those of applications"
)]

pub mod routes;

pub mod working;

pub mod mistakes;
