//! Session records in Postgres.
//!
//! # Durability
//!
//! With `synchronous_commit = on`, the default of Postgres, an acknowledged operation survives a
//! crash of the server. With `off`, the last moments before a crash are lost, log-outs among them.
//! If the whole database has it off, turn it on for the user of the sessions: `ALTER ROLE app SET
//! synchronous_commit = on`.
//!
//! To survive the loss of the machine, set up a synchronous standby (`synchronous_standby_names`).
//! After a failover, the store finds the new server under the same address by itself. The tests
//! kill the server under load and promote its standby: no acknowledged change is lost.
//!
//! # Updates
//!
//! A change that keeps the deadline and the principal, as most do, is a HOT update: it touches no
//! index. The table has a fillfactor of 80 % to leave room for them. Where sessions are changed
//! often, make the vacuum run more often, too: `ALTER TABLE sessions SET
//! (autovacuum_vacuum_scale_factor = 0.02)`.
//!
//! # Connection poolers
//!
//! A pooler may give each transaction another connection, on which a prepared statement is unknown.
//! PgBouncer knows the statements of its clients from 1.21 on, with `max_prepared_statements` above
//! 0. Through other poolers, let connections keep no statements: add `statement-cache-capacity=0`
//! to the URL, or
//! [`statement_cache_capacity(0)`](sqlx::postgres::PgConnectOptions::statement_cache_capacity) to
//! the options of a pool of the application.
//!
//! `sqlx` then prepares an unnamed statement and runs it in two steps, between which a pooler could
//! change the connection. So each operation is a transaction of its own, and takes four round trips
//! in place of one. A pooler that gives each statement another connection refuses transactions, and
//! cannot be used. The tests ran through PgBouncer 1.18 and 1.26.1 with `pool_mode = transaction`.
//!
//! While PgBouncer accepts no more clients (`max_client_conn`), operations wait for the connections
//! that their worker has, as they do at the limit of Postgres. If PgBouncer loses the server during
//! an operation that only reads, the store repeats the operation.
//!
//! PgBouncer refuses the parameter `extra_float_digits`, which `sqlx` sends by default. The kit
//! does not send it. In a pool of the application, leave it out by
//! [`extra_float_digits(None)`](sqlx::postgres::PgConnectOptions::extra_float_digits), or add it to
//! `ignore_startup_parameters` of PgBouncer.
//!
//! # Locks
//!
//! An operation that reaches the time limit of the store closes its connection. Unless told so,
//! Postgres does not notice that while the statement waits for a lock, so that abandoned statements
//! could fill the server. The kit sets `client_connection_check_interval` to a second, where the
//! server has that setting (Postgres 14 and newer). For a pool of the application, or behind a
//! pooler, set it yourself: `ALTER ROLE app SET client_connection_check_interval = '1s'`. PgBouncer
//! also keeps the setting of the kit on the connections that it shares, where it does no harm.
//!
//! # Schemas
//!
//! `migrate` makes the table in the first schema of the search path. To choose another one, have
//! the pool connect with `PgConnectOptions::new().options([("search_path", "web")])`, or add
//! `?options=-csearch_path%3Dweb` to the URL.

mod dialect;
mod engine;
pub mod kit;
pub mod pool_kit;
mod store;

pub use store::PostgresSessionStore;

use pavex::blueprint::{Import, from};

/// Returns all components to import into a blueprint for a store that the
/// [configuration](crate::SqlSessionConfig) describes.
///
/// They construct the [`PostgresSessionStore`] with its pool and its table, and the
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
/// bp.import(session_sqlx::postgres::kit());
/// ```
///
/// ```yaml
/// session_sqlx:
///   url: "postgres://app:password@localhost/shop"
/// ```
pub fn kit() -> Import {
    from![crate::postgres::kit]
}

/// Returns all components to import into a blueprint for a store in a pool that the application
/// provides, as a component of the type `&PgPool`.
///
/// They construct the [`PostgresSessionStore`] with its table, and the
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
/// bp.import(session_sqlx::postgres::pool_kit());
/// ```
pub fn pool_kit() -> Import {
    from![crate::postgres::pool_kit]
}
