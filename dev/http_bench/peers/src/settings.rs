//! The settings that all contestants share; `src/settings.rs` of `http_bench` has the same.

use std::net::SocketAddr;
use std::str::FromStr;

use anyhow::Context;
use sqlx::postgres::{PgPool, PgPoolOptions};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};

/// The number of threads that serve requests.
pub(crate) const WORKERS: usize = 2;

/// The time without use after which a session ends.
pub(crate) const LIFETIME_SECONDS: i64 = 60 * 60;

/// The number of connections to Redis, where the library opens more than one.
pub(crate) const REDIS_CONNECTIONS: usize = WORKERS;

/// The number of connections to Postgres.
const POSTGRES_CONNECTIONS: u32 = 10;

/// The number of connections to a file of SQLite.
const SQLITE_CONNECTIONS: u32 = 5;

/// The key of the cookies.
pub(crate) const KEY: [u8; 64] = [7; 64];

/// Announces that the server listens.
pub(crate) fn announce(address: SocketAddr) {
    println!("{address}");
}

/// Connects to Postgres.
pub(crate) async fn postgres(url: &str) -> anyhow::Result<PgPool> {
    let options = PgPoolOptions::new()
        .max_connections(POSTGRES_CONNECTIONS)
        .test_before_acquire(false);
    options.connect(url).await.context("Postgres")
}

/// Opens a file of SQLite.
pub(crate) async fn sqlite(url: &str) -> anyhow::Result<SqlitePool> {
    let file = SqliteConnectOptions::from_str(url)?
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full);
    let options = SqlitePoolOptions::new()
        .max_connections(SQLITE_CONNECTIONS)
        .test_before_acquire(false);
    options.connect_with(file).await.context("SQLite")
}
