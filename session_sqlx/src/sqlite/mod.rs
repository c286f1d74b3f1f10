//! Session records in SQLite: in a file, or in memory.
//!
//! # Durability
//!
//! [`connect_options`] set a write-ahead log with `synchronous = FULL`: each commit is on the disk
//! before it is answered, so that it survives a power failure. With `NORMAL` it survives only a
//! crash of the process: after a power failure, the last log-outs may be undone. `NORMAL` is
//! several times faster, because nothing waits for the disk. To use it, make a pool with that
//! option:
//!
//! ```no_run
//! use session_sqlx::sqlite::{self, SqliteSessionStore};
//! use session_sqlx::sqlx::sqlite::{SqlitePool, SqliteSynchronous};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! sqlite::create_file("data/sessions.db")?;
//! let options = sqlite::connect_options("data/sessions.db");
//! let options = options.synchronous(SqliteSynchronous::Normal);
//! let store = SqliteSessionStore::new(SqlitePool::connect_with(options).await?);
//! store.migrate().await?;
//! # Ok(()) }
//! ```
//!
//! # One writer at a time
//!
//! SQLite allows one writer at a time, with any number of connections. The operations of a store
//! that write queue in the order of their arrival, and lock the file one after the other. An
//! operation of a worker that computes may stay at the head of the queue, although its statement
//! has been committed. So an operation that has waited for a quarter of a second writes
//! nevertheless.
//!
//! Connections that find the file locked wait for the lock, up to the busy timeout. In a pool of
//! the application, begin transactions that write with `BEGIN IMMEDIATE`, and keep them short.
//!
//! The file must be on a local disk: a write-ahead log does not work over a network.
//!
//! # In memory
//!
//! Use [`SqliteSessionStore::in_memory`] for tests. In a pool of the application, the connections
//! to the URL `sqlite::memory:` share one database. It ends with the last of them, so one has to
//! stay open: `min_connections(1)`, `idle_timeout(None)`, `max_lifetime(None)`, and
//! `test_before_acquire(false)`. With that test, a query that is dropped while it waits for its
//! connection may close it. With the options `SqliteConnectOptions::new().in_memory(true)`, each
//! connection has a database of its own. Such a pool needs `max_connections(1)` as well.

mod dialect;
mod engine;
mod files;
pub mod kit;
pub mod pool_kit;
mod store;

pub use files::{connect_options, create_file};
pub use store::SqliteSessionStore;

use pavex::blueprint::{Import, from};

/// Returns all components to import into a blueprint for a store that the
/// [configuration](crate::SqlSessionConfig) describes.
///
/// They construct the [`SqliteSessionStore`] with its file, its folder and its table, and the
/// [`SessionStore`](session::SessionStore) made of it. Expired sessions are deleted in the
/// background as long as the server runs.
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
///
/// ```yaml
/// session_sqlx:
///   url: "sqlite:data/app.db"
/// ```
pub fn kit() -> Import {
    from![crate::sqlite::kit]
}

/// Returns all components to import into a blueprint for a store in a pool that the application
/// provides, as a component of the type `&SqlitePool`.
///
/// They construct the [`SqliteSessionStore`] with its table, and the
/// [`SessionStore`](session::SessionStore) made of it. Expired sessions are deleted in the
/// background as long as the server runs. For another table or another interval, write these two
/// constructors yourself.
///
/// # Example
///
/// ```
/// use pavex::{Blueprint, blueprint::from};
///
/// let mut bp = Blueprint::new();
/// bp.import(from![pavex]);
/// session::install(&mut bp);
/// bp.import(session_sqlx::sqlite::pool_kit());
/// ```
pub fn pool_kit() -> Import {
    from![crate::sqlite::pool_kit]
}
