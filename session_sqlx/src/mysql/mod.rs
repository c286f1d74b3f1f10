//! Session records in MySQL or MariaDB.
//!
//! # Durability
//!
//! With `innodb_flush_log_at_trx_commit = 1`, the default, an acknowledged operation survives a
//! crash of the server. With 0 or 2, the last second before a crash may be lost, log-outs among it.
//! For replicas and for restores from the binary log, set `sync_binlog = 1` as well, which is the
//! default of MySQL but not of MariaDB.
//!
//! # Isolation
//!
//! The stores work at all isolation levels. A sweep locks the rows that it deletes. With
//! `REPEATABLE READ`, the default, it also locks the gaps between them in the order of the
//! deadlines, for that moment. Deadlocks may occur; a store then runs the statement again.
//!
//! # Settings of connections
//!
//! A server may have `autocommit` off, or a pool may turn it off. Then a store begins and commits a
//! transaction for each operation, which costs two more messages to the server. At its first
//! operations, each store asks a connection of its pool for that setting, which must be the same on
//! all connections of the pool. The setting of the connection stays as it is. The kit's own pool
//! turns `autocommit` on.
//!
//! The stores work with `sql_safe_updates`, which the sweep turns off for its own statement. They
//! work with each `sql_mode` and each time zone.
//!
//! MariaDB closes a connection through a Unix socket on which encryption begins, which `sqlx` tries
//! by default. The kit's own pool does not. Give the options of a pool of the application
//! [`ssl_mode`](sqlx::mysql::MySqlConnectOptions::ssl_mode) `Disabled` there.
//!
//! MySQL refuses an account with `caching_sha2_password`, the default, through a Unix socket. It
//! expects the password as it is there, and `sqlx` 0.8 encrypts it. Connect to `127.0.0.1`, as the
//! error at the start says.
//!
//! # Galera
//!
//! By default, a node of a Galera cluster may read a session that has ended on another node. The
//! kit's own pool sets `wsrep_sync_wait = 7` on its connections, so that each statement waits for
//! the earlier changes. On a pool of the application, set it yourself, or on all nodes; or let all
//! servers of the application use the same node. On MariaDB,
//! [`migrate`](MySqlSessionStore::migrate) logs a warning where the setting is missing.
//!
//! A node that is cut off from the majority refuses each statement. The store closes its connection
//! to that node and the idle ones of the same worker, so that the next one may reach another node,
//! and repeats an operation that only reads. Of a pool of the application, it closes only the
//! connections that it meets, and a read meets ten at most.
//!
//! # Replication
//!
//! Use `binlog_format = ROW`, the default of MySQL, or `MIXED`, the default of MariaDB. `STATEMENT`
//! does not work, because the rows that a sweep skips depend on the other statements that run.
//!
//! # Size
//!
//! A state cannot be larger than `max_allowed_packet`: 64 MiB on MySQL and 16 MiB on MariaDB,
//! unless configured otherwise. The limit that the session policy sets is far below.

mod dialect;
mod engine;
pub mod kit;
pub mod pool_kit;
mod store;

pub use store::MySqlSessionStore;

use pavex::blueprint::{Import, from};

/// Returns all components to import into a blueprint for a store that the
/// [configuration](crate::SqlSessionConfig) describes.
///
/// They construct the [`MySqlSessionStore`] with its pool and its table, and the
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
/// bp.import(session_sqlx::mysql::kit());
/// ```
///
/// ```yaml
/// session_sqlx:
///   url: "mysql://app:password@localhost/shop"
/// ```
pub fn kit() -> Import {
    from![crate::mysql::kit]
}

/// Returns all components to import into a blueprint for a store in a pool that the application
/// provides, as a component of the type `&MySqlPool`.
///
/// They construct the [`MySqlSessionStore`] with its table, and the
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
/// bp.import(session_sqlx::mysql::pool_kit());
/// ```
pub fn pool_kit() -> Import {
    from![crate::mysql::pool_kit]
}
