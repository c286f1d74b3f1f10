//! The test suite that a storage backend of the HTTP sessions of the crate [`session`] must pass.
//!
//! It holds a backend to each promise of the contract, [`SessionStorageBackend`], one test per promise;
//! and it drives whole sessions over the backend, two requests of one browser at a time in every
//! order of their steps, and a hundred at once. A backend that passes is done.
//!
//! # How to use it
//!
//! Add the crate, and tokio with the features `macros` and `rt-multi-thread`, to your
//! `dev-dependencies`. Then write a test file with one line:
//!
//! ```
//! // tests/conformance.rs
//! # use session_memory::InMemorySessionStore as MyStore;
//! session_conformance::test_suite!(MyStore::new());
//! # fn main() {}
//! ```
//!
//! The expression is evaluated once for each test, and must give a store that is empty, and that no
//! other test uses at the same time: [`test_suite!`] tells how to connect to a database, how to
//! clean up, and how to choose the runtime.
//!
//! # When a test fails
//!
//! It is named after the promise that is broken, and the message tells the rest:
//!
//! ```text
//! broken promise: `touch` never moves the deadline back
//!   expected: expires_at = 2100-01-01 0:08:20.0 +00
//!   actual:   expires_at = 2100-01-01 0:08:19.0 +00
//! ```
//!
//! Begin with the tests of the contract (those in [`rules`] whose module is not called
//! `session_…`): if one of them fails, the tests of whole sessions fail as well.
//!
//! # Times
//!
//! No test waits. All records lie in the year 2100 (see [`start`]), and what has expired is told by
//! the caller of [`delete_expired`]. So a backend may discard records physically after their
//! deadline, by whichever clock: the suite does not look for them then.
//!
//! # More tests
//!
//! [`StoreUnderTest`], [`RecordBuilder`] and [`expect`](expect()) are what the suite itself is written with:
//! use them for tests of what your backend does beyond the contract.
//!
//! [`SessionStorageBackend`]: session::store::SessionStorageBackend
//! [`delete_expired`]: session::store::SessionStorageBackend::delete_expired

// A rule that is not in the list is dead code: it would never be tested.
#![deny(dead_code)]

mod list;
mod macros;
mod suite;

mod script;
mod tasks;

mod expect;
mod fixture;
mod record;
mod store;

pub use expect::expect;
pub use fixture::Fixture;
pub use macros::Rule;
pub use record::{RecordBuilder, after, id, principal, start};
pub use store::StoreUnderTest;

__with_rules!({ macros::table } []);
