//! Small applications, to see what pavexc makes of them.
//!
//! Each module has one `blueprint()`. Those in [`working`] compile, and the tests look at the code
//! that pavexc generates from them. Those in [`mistakes`] are what a user may write by accident: the
//! tests keep what pavexc says to each.

pub mod routes;

pub mod working;

pub mod mistakes;

/// Compiles the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
pub struct Readme;
