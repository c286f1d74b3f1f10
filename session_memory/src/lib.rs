//! An in-memory storage backend for the HTTP sessions of the crate [`session`].
//!
//! It serves one process: sessions do not survive a restart, and several servers do not share
//! them. It suits development, tests, and applications that run as a single process. It is also the
//! reference of the contract, [`SessionStorageBackend`], that every other backend has to meet.
//!
//! - Records are spread over shards, each with a lock of its own. No operation waits for anything
//!   but these locks, which are held for the time of a few look-ups.
//! - Expired records leave the memory by themselves: see
//!   [`clean_every`](InMemorySessionStoreBuilder::clean_every).
//! - The number of records can be bounded: see
//!   [`max_sessions`](InMemorySessionStoreBuilder::max_sessions).
//! - A session with one value of 100 bytes takes about 500 bytes of memory, measured with a
//!   million sessions by `cargo run --release -p session_memory --example memory`.
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

mod blueprint;
// Public here, because pavexc finds a module only where it is defined.
pub mod kit;

mod builder;
mod store;

mod shard;
mod shards;

mod cleaning;

pub use blueprint::kit;
pub use builder::InMemorySessionStoreBuilder;
pub use store::InMemorySessionStore;
