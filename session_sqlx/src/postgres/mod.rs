//! Session records in Postgres, 12 or later.
//!
//! # Durability
//!
//! With `synchronous_commit = on`, Postgres' default, what is acknowledged survives a crash of the server. With
//! `off`, the last moments before a crash are lost, log-outs among them: where the database at large has it off,
//! turn it on for the user of the sessions, `ALTER ROLE app SET synchronous_commit = on`. To survive the loss of
//! the machine, have a synchronous standby (`synchronous_standby_names`).
//!
//! # Updates
//!
//! A change that keeps the deadline and the principal, as most do, is a HOT update: it touches no index. The
//! table has a fillfactor of 80 % to leave room for them. Where sessions are changed often, let the vacuum come
//! more often, too: `ALTER TABLE sessions SET (autovacuum_vacuum_scale_factor = 0.02)`.
//!
//! # Connection poolers
//!
//! A pooler that gives each transaction another connection has to know prepared statements: PgBouncer does from
//! 1.21 on, with `max_prepared_statements` above 0. Otherwise turn them off, with
//! [`statement_cache_capacity(0)`](sqlx::postgres::PgConnectOptions::statement_cache_capacity).
//!
//! # Schemas
//!
//! The table lies in the first schema of the search path. To choose another one, have the pool connect with
//! `PgConnectOptions::new().options([("search_path", "web")])`.

mod dialect;
pub mod kit;
mod store;

pub use store::PostgresSessionStore;

use pavex::blueprint::{Import, from};

/// All components to import into a blueprint: the constructors of [`PostgresSessionStore`] from
/// a `&sqlx::PgPool`, and of the [`SessionStore`](session::SessionStore) made of it.
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
/// bp.import(session_sqlx::postgres::kit());
/// ```
pub fn kit() -> Import {
    from![crate::postgres::kit]
}
