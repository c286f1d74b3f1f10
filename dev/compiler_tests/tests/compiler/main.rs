//! Tests of the code and the reports that pavexc writes for the blueprints of this crate.
//!
//! The tests need pavexc: `cargo xtask ci` runs them with all they need, and
//! `eval "$(cargo xtask pavexc)"` prepares a shell for `cargo test --package compiler_tests`.

mod pavexc;
mod report;
mod workspace;

mod code;

mod mistakes;
mod working;
