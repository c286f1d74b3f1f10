//! The command `session-kit`, as a process, on a store of each kind.

#![allow(clippy::unwrap_used, missing_docs, reason = "these are tests")]

mod arguments;
mod facts;
mod stores;
mod support;
#[cfg(unix)]
mod terminal;
