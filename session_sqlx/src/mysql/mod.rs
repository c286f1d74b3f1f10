//! Session records in MySQL, 8.0 or later, or MariaDB, 10.6 or later.
//!
//! # Durability
//!
//! With `innodb_flush_log_at_trx_commit = 1`, the default, what is acknowledged survives a crash of the server.
//! With 0 or 2, the last second before a crash may be lost, log-outs among them. For replicas and restores from the
//! binary log, set `sync_binlog = 1` as well, which is MySQL's default but not MariaDB's.
//!
//! # Isolation
//!
//! All isolation levels will do. With `READ COMMITTED`, a sweep locks the rows that it deletes; with `REPEATABLE READ`,
//! the default, for that moment also the gaps in the order of the deadlines between them. Deadlocks may occur, and are resolved by
//! running the statement again.
//!
//! # Replication
//!
//! With `binlog_format = ROW`, MySQL's default, or `MIXED`, MariaDB's. `STATEMENT` will not do: which rows a sweep skips
//! depends on who else is at work.
//!
//! # Size
//!
//! A state cannot be larger than `max_allowed_packet`: 64 MiB on MySQL, 16 MiB on MariaDB, unless configured
//! otherwise. The limit that the session policy sets is far below.

mod dialect;
pub mod kit;
mod store;

pub use store::MySqlSessionStore;

use pavex::blueprint::{Import, from};

/// All components to import into a blueprint: the constructors of [`MySqlSessionStore`] from
/// a `&sqlx::MySqlPool`, and of the [`SessionStore`](session::SessionStore) made of it.
///
/// For another table, write a constructor of your own instead, annotated with `#[pavex::singleton]`.
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
pub fn kit() -> Import {
    from![crate::mysql::kit]
}
