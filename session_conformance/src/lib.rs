//! The test suite that a storage backend of the HTTP sessions of the crate [`session`] must pass.
//!
//! The suite tests a backend against the promises of [`SessionStorageBackend`], one test per
//! promise. It also runs whole sessions over the backend: two requests of one browser in every
//! order of their steps, and a hundred requests in parallel.
//!
//! The suite reaches the records only through the trait. Two promises are therefore for tests of
//! the backend's own: what becomes of a record that is damaged or from a newer release, and that
//! the text of an error has no secret and no state.
//!
//! # Usage
//!
//! Add this crate, and tokio with the features `macros` and `rt-multi-thread`, to your
//! `dev-dependencies`. Then add a test file with one line:
//!
//! ```
//! // tests/conformance.rs
//! # use session_memory::InMemorySessionStore as MyStore;
//! session_conformance::test_suite!(MyStore::new());
//! # fn main() {}
//! ```
//!
//! The expression is evaluated once for each test. It must return an empty store that no other test
//! uses at the same time. [`test_suite!`] shows how to connect to a database, how to clean up, and
//! how to choose the runtime.
//!
//! # When a test fails
//!
//! The name of the test states the rule that is broken, and the message shows the promise and both
//! values:
//!
//! ```text
//! broken promise: `touch` never moves the deadline back
//!   expected: expires_at = 2100-01-01 0:08:20.0 +00
//!   actual:   expires_at = 2100-01-01 0:08:19.0 +00
//! ```
//!
//! Begin with the tests of the contract, which are all [`rules`] outside the modules `session_…`.
//! If one of them fails, the tests of whole sessions fail as well.
//!
//! # Times
//!
//! No test waits. All records have times in the year 2100 (see [`start`]), and the caller of
//! [`delete_expired`] decides which of them have expired. A backend may remove records after their
//! deadline by a clock of its own: the suite does not require that expired records are kept.
//!
//! # More tests
//!
//! The suite itself uses [`StoreUnderTest`], [`RecordBuilder`] and [`expect`](expect()). Use them
//! to test what your backend guarantees beyond the contract.
//!
//! [`SessionStorageBackend`]: session::store::SessionStorageBackend
//! [`delete_expired`]: session::store::SessionStorageBackend::delete_expired

// A rule that is missing from the list is dead code: it would never be tested.
#![deny(dead_code)]

mod list;
mod macros;
mod suite;

mod script;
mod tasks;

mod expect;
mod fixture;
mod record;
mod rule;
mod store;

pub use expect::expect;
pub use fixture::Fixture;
pub use record::{RecordBuilder, after, id, principal, start};
pub use rule::Rule;
pub use store::StoreUnderTest;

__with_rules!({ macros::table } []);

/// Compiles and runs the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
