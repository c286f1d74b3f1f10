//! Tests of the suite itself: each rule fails for the broken stores that violate it, and only
//! there.
//!
//! Each broken store has one fault. It is tested against all rules of the contract whose outcome
//! does not depend on a race, and exactly the rules listed beside it must fail. Rules about races
//! and about whole sessions are tested only where they are listed. For a fault that violates a
//! large part of the contract, the list ends with `and more`: the listed rules must fail, and
//! others may.

#![allow(clippy::unwrap_used, unreachable_pub, reason = "these are tests")]

mod fault;
mod proof;

mod caches;
mod creations;
mod cutoffs;
mod deletions;
mod lists;
mod names;
mod origins;
mod replacements;
mod revocations;
mod sweeps;
mod touches;
mod values;
mod walks;

mod caught;
