//! Session records in SQLite, 3.37 or later: in a file, or in memory.
//!
//! # Durability
//!
//! [`connect_options`] have a write-ahead log with `synchronous = FULL`: each commit is on the disk before
//! it is answered, so what is acknowledged survives a power failure. With `NORMAL` it survives a crash of
//! the process only: after a power failure, the last log-outs may be undone. That is several times
//! faster, because nothing waits for the disk; if it is what you want, make a pool of your own:
//!
//! ```no_run
//! use session_sqlx::sqlite::{self, SqliteSessionStore};
//! use sqlx::sqlite::{SqlitePool, SqliteSynchronous};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let options = sqlite::connect_options("data/sessions.db").synchronous(SqliteSynchronous::Normal);
//! let store = SqliteSessionStore::new(SqlitePool::connect_with(options).await?);
//! # Ok(()) }
//! ```
//!
//! # One writer at a time
//!
//! That is how SQLite works, whatever the number of connections. [`SqliteSessionStore::open`] has one connection
//! that writes, and operations queue for it. In a pool of the application's, connections that
//! find the file locked wait for the lock, up to the busy timeout. There, begin transactions that
//! write with `BEGIN IMMEDIATE`, and keep them short.
//!
//! The file must be on a local disk: a write-ahead log does not work over a network.
//!
//! # In memory
//!
//! [`SqliteSessionStore::in_memory`], for tests. With a pool of your own, mind that each connection to `sqlite::memory:` has a
//! database for itself: have one connection, and never close it (`max_connections(1)`, `idle_timeout(None)`,
//! `max_lifetime(None)`).

mod dialect;
mod files;
pub mod kit;
mod store;

pub use files::connect_options;
pub use store::SqliteSessionStore;

use pavex::blueprint::{Import, from};

/// All components to import into a blueprint: the constructors of [`SqliteSessionStore`] from
/// a `&sqlx::SqlitePool`, and of the [`SessionStore`](session::SessionStore) made of it.
///
/// For a store in a file of its own, write a constructor instead, annotated with `#[pavex::singleton]`:
///
/// ```
/// use session::{SessionStore, StoreError};
/// use session_sqlx::sqlite::SqliteSessionStore;
///
/// pub async fn session_store() -> Result<SessionStore, StoreError> {
///     Ok(SqliteSessionStore::open("data/sessions.db").await?.into())
/// }
/// ```
///
/// # Example
///
/// ```
/// use pavex::{Blueprint, blueprint::from};
///
/// let mut bp = Blueprint::new();
/// bp.import(from![pavex]);
/// session::install(&mut bp);
/// bp.import(session_sqlx::sqlite::kit());
/// ```
pub fn kit() -> Import {
    from![crate::sqlite::kit]
}
