//! SQL storage backends for the HTTP sessions of the crate [`session`]: Postgres, MySQL and MariaDB,
//! and SQLite, on [`sqlx`].
//!
//! | database | feature | module |
//! | --- | --- | --- |
//! | Postgres 12 or later | `postgres` | `session_sqlx::postgres` |
//! | MySQL 8.0, MariaDB 10.6 or later | `mysql` | `session_sqlx::mysql` |
//! | SQLite 3.37 or later | `sqlite` | `session_sqlx::sqlite` |
//!
//! No feature is on by default. TLS is a feature of `sqlx`: depend on it with the one you want, e.g.
//! `tls-rustls`.
//!
//! # Example
//!
//! ```
//! # #[cfg(feature = "sqlite")] {
//! use pavex::{Blueprint, blueprint::from};
//!
//! let mut bp = Blueprint::new();
//! bp.import(from![pavex]);
//! session::install(&mut bp);
//! bp.import(session_sqlx::sqlite::kit());
//! # }
//! ```
//!
//! The kit makes the store of a pool, which the application provides, e.g. as prebuilt type or with a
//! constructor of its own. Call `migrate` of the store once at each start:
//!
//! ```
//! # #[cfg(feature = "sqlite")]
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use session_sqlx::sqlite::SqliteSessionStore;
//! use sqlx::sqlite::SqlitePoolOptions;
//!
//! # let pool = SqlitePoolOptions::new().max_connections(1).connect("sqlite::memory:").await?;
//! let store = SqliteSessionStore::new(pool.clone());
//! store.migrate().await?;
//! # Ok(()) }
//! # #[cfg(not(feature = "sqlite"))] fn main() {}
//! ```
//!
//! # What is stored
//!
//! One table, [`sessions`](TableName) unless configured otherwise, with one row for each session. It is
//! the same on all databases, up to the names of types:
//!
//! - Ids are what the database has for 16 bytes: `UUID`, `BINARY(16)`, `BLOB`. They begin with the
//!   time, so that new rows come together.
//! - Times are integers: microseconds since 1970. So they are exact, from the first to the last year of
//!   the calendar, and neither a time zone nor the clock of a database has a say. The files in
//!   `migrations/` show how to read them by hand.
//! - Texts (the principal, the label, the state) are bytes, UTF-8. So they come back to the byte, and are
//!   compared to the byte: a JSON type would put the state into another form, and collations take
//!   `ada` for `ADA`, or for `ada` with a space at the end.
//! - Secrets are hashes; see [`SecretHash`].
//!
//! There are two indexes besides the primary key. The one by principal leaves out the sessions of nobody
//! where a database can do that. The one by deadline serves the sweeper, and a row moves in it
//! whenever its deadline is extended; without it, each sweep would read the whole table. What that costs is
//! bounded by the policy, not by the traffic: a deadline is extended when a fifth of the idle timeout has
//! passed, so at most about five times per idle timeout and session.
//!
//! # Operations
//!
//! Each is one statement, prepared once per connection, and one round trip to the server. So each is atomic
//! at any isolation level, a transaction is never left open, and what the database rolls back because of a
//! deadlock or a conflict of serialisable transactions is simply run again, up to ten times.
//!
//! # Durability
//!
//! An operation is acknowledged when the database has committed it. Which accidents that survives is a
//! setting of the database: see the modules. Mind that what may be lost is not only a shopping cart: a
//! log-out that is lost brings a session back. For the same reason a store reads from
//! the server it writes to, never from a replica that lags behind.
//!
//! # How many connections
//!
//! An operation holds a connection for one statement. So a pool of 10 connections, with statements
//! that take 1 ms, serves 10,000 operations a second; and a page takes at most two. Begin with 10 for each server of
//! the application, and keep the sum below what the database allows. A pool that the application uses for its own
//! tables can be shared, as long as transactions in it are short: whoever waits for a connection longer
//! than [the time limit](session::SessionStore::with_operation_timeout) of the store gets an error.
//!
//! By default, `sqlx` pings a connection before it hands it out, which is a second round trip. To save it, use
//! [`test_before_acquire(false)`](sqlx::pool::PoolOptions::test_before_acquire); after a restart of the
//! database, the first operation on each connection that was open then fails. (It also pings a connection that it
//! gets back, but nobody waits for that.)
//!
//! Give the pool an [`acquire_timeout`](sqlx::pool::PoolOptions::acquire_timeout) of about two seconds: as long
//! as a server refuses connections, `sqlx` tries again until that is over, by default for half a minute.
//!
//! A connection that fell silent, because of a power cut or a firewall, frees its place in the pool after a second. That
//! is so for the operations of the stores; what the application itself does with the pool waits until the operating
//! system gives the connection up.
//!
//! # Deleting what has expired
//!
//! Run a [`Sweeper`] in every server of the application: it needs no leader. On Postgres, MySQL and MariaDB
//! several share the work, since each skips the rows that another one is deleting; requests are never made to wait
//! for long, because a batch is one short statement. Many servers sweep often enough if each does so every five minutes
//! times their number. On SQLite one sweeper for each file suffices.
//!
//! # At 10⁸ sessions
//!
//! Statements take the same time in a large table as in a small one: all go through an index. What grows is the
//! work of the database itself: vacuuming, backups. Partition the table by a hash of the id then (deadlines
//! move, so they are no partition key): all statements work unchanged. On Postgres, run
//! `migrations/postgres.sql` by hand, with `PARTITION BY HASH (id)` in place of `WITH (fillfactor = 80)`, and create
//! the partitions:
//!
//! ```sql
//! CREATE TABLE sessions_0 PARTITION OF sessions
//!     FOR VALUES WITH (MODULUS 16, REMAINDER 0) WITH (fillfactor = 80);
//! -- … and so on, up to the remainder 15
//! ```
//!
//! On MySQL and MariaDB, `ALTER TABLE sessions PARTITION BY KEY (id) PARTITIONS 16`.
//!
//! # Changes of the schema
//!
//! The schema is a file for each database, in `migrations/`. `migrate` runs it, and so may you, with the tool that you use for
//! your own tables: they leave the same behind. `sessions_schema` has a row for each
//! migration that was run. Where they all were, `migrate` only looks, so it needs no more than the right to read; otherwise it
//! takes a lock first, so that of many servers that start at once one does the work and the others wait for it.
//!
//! A release may come with a further migration. It only adds: columns that may be `NULL`, indexes. So the release before it
//! still works with the new table, and servers can be replaced one by one. What is no longer used is removed by
//! a later one.
//!
//! Each record has the version of its form as well, [`SessionRecord::VERSION`]. An older release does not read,
//! and does not overwrite, a record of a newer version: to it, that is no session. It still lists and deletes it.
//!
//! # Errors
//!
//! See [`StoreErrorKind`]: a database that cannot be reached, shuts down, is read-only or has no free connection is
//! `Unavailable`, a full disk is `Full`, a time limit of the server itself is `Timeout`, and a row that cannot be read is `InvalidRecord`.
//! The causes have the code and the message of the database, but nothing that may quote a row.
//!
//! [`SecretHash`]: session::store::SecretHash
//! [`SessionRecord::VERSION`]: session::store::SessionRecord::VERSION
//! [`StoreErrorKind`]: session::store::StoreErrorKind
//! [`Sweeper`]: session::store::Sweeper

#![cfg_attr(
    not(any(feature = "postgres", feature = "mysql", feature = "sqlite")),
    allow(
        dead_code,
        unused_imports,
        unused_macros,
        reason = "there is no database to use it with"
    )
)]

#[cfg(feature = "postgres")]
pub mod postgres;

#[cfg(feature = "mysql")]
pub mod mysql;

#[cfg(feature = "sqlite")]
pub mod sqlite;

mod forward;

mod core;

mod dialect;
mod driver;
mod lease;
mod statements;
mod table;

mod codec;

mod errors;
mod retry;

#[doc(hidden)]
pub use statements::Statements;
pub use table::{InvalidTableName, TableName};
