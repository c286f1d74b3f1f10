#![cfg_attr(feature = "sqlite", doc = include_str!("../README.md"))]
#![cfg_attr(
    not(feature = "sqlite"),
    doc = "SQL storage backends of the HTTP sessions for Pavex."
)]
//!
//! # What is stored
//!
//! One table, [`sessions`](TableName) unless configured otherwise, has one row for each session. It
//! is the same on all databases, except for the names of types:
//!
//! - Ids have the type that the database has for 16 bytes: `UUID`, `BINARY(16)`, `BLOB`. They begin
//!   with the time, so that new rows are next to each other.
//! - Times are integers: microseconds since 1970. So they are exact, from the first to the last
//!   year of the calendar, and depend neither on a time zone nor on the clock of a database. The
//!   files in `migrations/` show how to read them by hand.
//! - Texts (the principal, the label, the state) are bytes, in UTF-8. So they come back to the byte
//!   and are compared to the byte. A JSON type would put the state into another form, and a
//!   collation may treat `ada` and `ADA`, or `ada` and `ada` with a space at the end, as equal.
//! - Secrets are hashes; see [`SecretHash`].
//!
//! There are three indexes besides the primary key. Those by principal and by origin leave out
//! sessions without a principal or an origin where a database can do that. MySQL and MariaDB
//! cannot: there, such a session has a small entry in each. The index by deadline serves the
//! sweeper; without it, each sweep would read the whole table. A row moves in it whenever its
//! deadline is extended. The policy bounds that, not the traffic: a deadline is extended when a
//! fifth of the idle timeout has passed, so at most about five times per idle timeout and session.
//!
//! # Operations
//!
//! Each operation that a request causes is one statement, prepared once per connection, and one
//! round trip to the server. So it is atomic at any isolation level, and a transaction is never
//! left open. A write that does not find the record that it expects loads it as well, to report the
//! reason. A step of a walk through all sessions takes up to three statements.
//!
//! The store begins and commits a transaction of its own for each operation if the server does not
//! commit each statement, or if a pooler is between them. If the database rolls a statement back
//! because of a deadlock or a conflict of serialisable transactions, the store runs it again. It
//! makes up to ten attempts, and up to sixty to end many sessions.
//!
//! # Durability
//!
//! An operation is acknowledged when the database has committed it. A setting of the database
//! decides which accidents it survives: see the modules. A lost commit is not only a shopping cart:
//! a log-out that is lost brings a session back. For the same reason, a store reads from the server
//! to which it writes, never from a replica that lags behind.
//!
//! # Connections of the store
//!
//! A store that is made from its configuration, or of a file of SQLite, opens its connections
//! itself. Each runtime that uses the store has its own, and Pavex has a runtime for each worker
//! thread. So an answer reaches the thread that waits for it, and a worker that computes for
//! seconds does not stop the sessions of the others.
//!
//! `session_sqlx.max_connections` is the limit for all runtimes of the process, by default 10 to a
//! server. If a worker requires more connections than it has, it opens another one as long as the
//! limit is not reached. Beyond that, each runtime may open its share: the limit divided by the
//! number of runtimes, and at least two. With one alone, an operation that waits for a lock would
//! stop all others of its worker. Other runtimes then close what they have beyond their shares, as
//! soon as their operations on it have ended. So the steady state is at most the limit, or two
//! connections for each runtime if that is more.
//!
//! A worker that computes cannot close any. If it has all connections of the limit in use, the
//! others open some beside them, and the surplus closes afterwards. There are never more than the
//! limit and two for each runtime. A connection does not count while it is being closed, or after
//! its operation was given up: a server may keep it until its statement ends.
//!
//! The runtime that started the server counts as well: it migrates and sweeps. With the default
//! limit, 4 workers have up to 10 connections together, and never more than 20. 32 workers have up
//! to 66, and never more than 76. Two servers with 32 workers each have up to 132, and never more
//! than 152. Postgres accepts 100 by default, and keeps 3 of them for administrators. If there are
//! too many, let the database accept more, or the server of the application have fewer workers. A
//! lower `session_sqlx.max_connections` makes less of a difference. While a server accepts no more
//! connections, the operations of a worker share those that it has.
//!
//! An operation holds a connection for one statement. So 10 connections, with statements of 1 ms,
//! serve 10,000 operations a second. One that waits for a connection of its worker to a server
//! longer than two seconds fails. So poll each operation until it ends. A stream that runs several
//! at once, such as that of `buffer_unordered`, does not while the body of its loop waits. If the
//! body waits for the store as well, the operations of the stream may hold all connections. Spawn
//! them as tasks instead.
//!
//! Connections without use for two minutes close. Those that are older than half an hour close when
//! nothing uses them.
//!
//! A connection comes back from an operation without a ping. It is closed if the operation was
//! given up on it, or failed and the server does not answer. It is pinged before its next use if
//! it was idle for a second, or if another connection of its worker has failed. After a restart of
//! the database within that second, a write on such a connection is an error, unless Postgres says
//! that it had no effect, or only the begin of its transaction was sent. An operation that only
//! reads is repeated.
//!
//! # The pool of the application
//!
//! A store that is made of a pool uses the connections of that pool, with its limits and settings.
//! The application can use the same pool for its own tables, as long as its transactions are short:
//! an operation that waits for a connection longer than [the time limit] of the store fails.
//!
//! All workers share such a pool, and a connection belongs to the runtime that opened it. So
//! answers change threads, and a handler that computes for seconds delays the operations of other
//! workers. Let such work run in [`spawn_blocking`](tokio::task::spawn_blocking).
//!
//! By default, `sqlx` pings a connection before it hands it out, which is a second round trip. It
//! documents how to [save it](sqlx::pool::PoolOptions::before_acquire) for connections that were in
//! use a moment ago. It also pings each connection that it gets back, but no operation waits for
//! that. A connection that fell silent, because of a power cut or a firewall, frees its place in
//! the pool a second after the operation of the store that was given up on it. Other uses of the
//! pool wait until the operating system gives the connection up.
//!
//! Give the pool an [`acquire_timeout`](sqlx::pool::PoolOptions::acquire_timeout) of about two
//! seconds. While a server refuses connections, `sqlx` tries again until that time is over, by
//! default for half a minute.
//!
//! # Servers that change their role
//!
//! A connection on which a write was refused as read-only is closed. It may lead to a server that a
//! failover has replaced; a new connection reaches the server that the address names now. So each
//! such connection costs one error. The same applies to a node of a Galera cluster that is cut off
//! from the majority. `migrate`, and with it the start of the server, refuses a
//! server that is read-only, as a replica is, and a connection that SQLite treats as `query_only`.
//!
//! # Deleting expired sessions
//!
//! Each server of the application runs a sweeper; they need no leader. On Postgres, MySQL and
//! MariaDB they share the work, since each skips the rows that another one is deleting. Requests
//! never wait long, because a batch is one short statement. Many servers sweep often enough if each
//! one does so at five minutes times their number: run a [`Sweeper`] with that interval in place of
//! `with_sweeper`. On SQLite, one sweeper for each file suffices.
//!
//! # At 10⁸ sessions
//!
//! Statements take the same time in a large table as in a small one, because each uses an index.
//! The work of the database itself grows: vacuuming, backups. Then partition the table by a hash of
//! the id; deadlines move, so that they cannot be the partition key. All statements work unchanged.
//! On Postgres, run `migrations/postgres.sql` by hand, with `PARTITION BY HASH (id)` in place of
//! `WITH (fillfactor = 80)`, and create the partitions:
//!
//! ```sql
//! CREATE TABLE sessions_0 PARTITION OF sessions
//!     FOR VALUES WITH (MODULUS 16, REMAINDER 0) WITH (fillfactor = 80);
//! -- … and so on, up to the remainder 15
//! ```
//!
//! On MySQL and MariaDB, run `ALTER TABLE sessions PARTITION BY KEY (id) PARTITIONS 16`. The tests
//! run the whole contract on such tables, and a load beside a sweeper.
//!
//! # Changes of the schema
//!
//! The schema is a file for each database, in `migrations/`. `migrate` runs it. You may also run it
//! with the tool that you use for your own tables: the result is the same. `sessions_schema` has a
//! row for each migration that was run. If all of them were, `migrate` only reads. Otherwise it
//! takes a lock first, so that of many servers that start at once one does the work and the others
//! wait.
//! A user who creates no tables requires `SELECT`, `INSERT`, `UPDATE` and `DELETE` on `sessions`,
//! and `SELECT` on `sessions_schema`.
//!
//! Without the table, the server does not start, also if the application does not call `migrate`.
//! If another program made a table of that name, `migrate` fails and leaves the table alone.
//!
//! A release may add a migration. A migration only adds columns that may be `NULL`, and indexes. So
//! the previous release still works with the new table, and servers can be replaced one by one. A
//! later release removes the columns that are no longer used.
//!
//! Each record has the version of its form as well, [`SessionRecord::VERSION`]. An older release
//! does not read, and does not overwrite, a record of a newer version: it treats the record as if
//! there were no session. It still lists and deletes it.
//!
//! # Errors
//!
//! See [`StoreErrorKind`]. A database that cannot be reached, shuts down, is read-only or has no
//! free connection is `Unavailable`; a full disk is `Full`; a time limit of the server itself is
//! `Timeout`; a row that cannot be read is `InvalidRecord`. The causes contain the code and the
//! message of the database, and nothing that may quote a row.
//!
//! A damaged row hides no other session of its principal. A list leaves it out and logs an error
//! each time, until the sweeper deletes it or all sessions of the principal end.
//!
//! [`SecretHash`]: session::store::SecretHash
//! [`SessionRecord::VERSION`]: session::store::SessionRecord::VERSION
//! [`StoreErrorKind`]: session::store::StoreErrorKind
//! [`Sweeper`]: session::store::Sweeper
//! [the time limit]: session::SessionStore::with_operation_timeout

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

mod config;
mod database_url;
#[cfg(any(feature = "postgres", feature = "mysql"))]
mod server_pool;
mod setup;
mod table;

mod store;

mod sql_store;

mod connection_limit;
mod connections;
mod dialect;
mod driver;
mod engine;
mod id_range;
mod lease;
mod listing;
mod migration;
mod open_connection;
mod opener;
mod runtime_pool;
mod runtime_pools;
mod source;
mod statements;
mod write_queue;

mod codec;

mod errors;
mod retry;

pub use config::SqlSessionConfig;
pub use database_url::{DatabaseUrl, InvalidDatabaseUrl};
pub use setup::SqlSetupError;
pub use sqlx;
pub use table::{InvalidTableName, TableName};
