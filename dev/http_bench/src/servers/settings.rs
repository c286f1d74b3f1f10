//! The settings that all contestants share; `peers/src/settings.rs` has the same.

use std::str::FromStr;
use std::time::Duration;

use anyhow::Context;
use pavex::cookie::config::{CryptoAlgorithm, CryptoRule};
use pavex::cookie::{Key, ProcessorConfig};
use sqlx::postgres::{PgPool, PgPoolOptions};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};

/// The number of threads that serve requests.
pub(super) const WORKERS: usize = 2;

/// The time without use after which a session ends.
pub(super) const LIFETIME: Duration = Duration::from_secs(60 * 60);

/// The number of connections to Postgres.
pub(super) const POSTGRES_CONNECTIONS: u32 = 10;

/// The number of connections to a file of SQLite.
pub(super) const SQLITE_CONNECTIONS: u32 = 5;

/// The name of the session cookie.
pub(super) const COOKIE: &str = "id";

/// Returns a configuration whose rule with that name encrypts.
pub(super) fn cookies(rule: &str) -> ProcessorConfig {
    let mut config = ProcessorConfig::default();
    config.crypto_rules.push(CryptoRule {
        cookie_names: vec![rule.into()],
        algorithm: CryptoAlgorithm::Encryption,
        key: Key::from((0..64).collect()),
        fallbacks: vec![],
    });
    config
}

/// Connects to Postgres.
pub(super) async fn postgres(url: &str) -> anyhow::Result<PgPool> {
    let options = PgPoolOptions::new()
        .max_connections(POSTGRES_CONNECTIONS)
        .test_before_acquire(false);
    options.connect(url).await.context("Postgres")
}

/// Opens a file of SQLite.
pub(super) async fn sqlite(url: &str, connections: u32) -> anyhow::Result<SqlitePool> {
    let file = SqliteConnectOptions::from_str(url)?
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full);
    let options = SqlitePoolOptions::new()
        .max_connections(connections)
        .test_before_acquire(false);
    options.connect_with(file).await.context("SQLite")
}
