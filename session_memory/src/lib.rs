//! An in-memory storage backend for the HTTP sessions of the crate [`session`].
//!
//! The store serves one process: a restart ends all sessions, and several servers do not share
//! them. It suits development, tests, and applications that run as a single process. It is also
//! the reference implementation of [`SessionStorageBackend`], the contract of all backends.
//!
//! - Records are spread over shards, each with its own lock. Operations wait only for these locks.
//!   One on a single session holds its lock for a few look-ups. A deletion of many sessions holds
//!   one for milliseconds.
//! - A background task removes expired records: see
//!   [`clean_every`](InMemorySessionStoreBuilder::clean_every).
//! - The number of records can be limited: see
//!   [`max_sessions`](InMemorySessionStoreBuilder::max_sessions).
//! - A session with one value of 100 bytes occupies about 500 bytes of memory. This was measured
//!   with a million sessions by `cargo run --release -p session_memory --example memory`.
//!
//! # Example
//!
//! ```
//! use pavex::{Blueprint, blueprint::from};
//!
//! let mut bp = Blueprint::new();
//! bp.import(from![pavex]);
//! session::install(&mut bp);
//! bp.import(session_memory::kit());
//! ```
//!
//! [`SessionStorageBackend`]: session::store::SessionStorageBackend

// Public, because pavexc finds the components of a module only where it is defined.
pub mod kit;

mod builder;
mod store;

mod cleaner;
mod deadlines;
mod owners;
mod shard;
mod shards;

pub use builder::InMemorySessionStoreBuilder;
pub use kit::kit;
pub use store::InMemorySessionStore;

/// Compiles and runs the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
