//! The time that a store needs to list the 1,000 sessions of a principal among a million records.
//!
//! ```text
//! cargo bench -p session_sqlx --all-features --bench list
//! ```
//!
//! The sessions of the principal are spread over the table, as if they had begun among all the
//! others. SQLite keeps its table in a file. The bench starts Postgres and MariaDB, with their
//! usual settings.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    missing_docs,
    reason = "this is a benchmark"
)]

use std::time::Instant;

use session::Principal;
use session::store::{Page, SessionStorageBackend};
use test_servers::{Database, Server};

/// Each thousandth session belongs to the principal, the others to a hundred thousand more.
const OWNER: &str = "CASE WHEN n % 1000 = 0 THEN 'owner' ELSE";

const POSTGRES: &str = "\
    INSERT INTO sessions (id, revision, secret_issued_at, created_at, last_active_at, expires_at, \
    version, lifetime, secret, principal, label, state) \
    SELECT (lpad(to_hex(n), 12, '0') || '7000' || lpad(to_hex(n), 16, '0'))::uuid, 1, 0, 0, 0, n, \
    1, 0, decode(repeat('00', 32), 'hex'), convert_to(OWNER (n / 10)::text END, 'UTF8'), \
    'Firefox on Linux'::bytea, '{}'::bytea FROM generate_series(0, 999999) AS n";

const MYSQL: &str = "\
    INSERT INTO sessions (id, revision, secret_issued_at, created_at, last_active_at, expires_at, \
    version, lifetime, secret, principal, label, state) \
    SELECT UNHEX(CONCAT(LPAD(HEX(n), 12, '0'), '7000', LPAD(HEX(n), 16, '0'))), 1, 0, 0, 0, n, \
    1, 0, REPEAT('0', 32), OWNER CAST(n DIV 10 AS CHAR) END, \
    'Firefox on Linux', '{}' FROM (SELECT seq AS n FROM seq_0_to_999999) AS numbers";

const SQLITE: &str = "\
    WITH RECURSIVE numbers (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n < 999999) \
    INSERT INTO sessions (id, revision, secret_issued_at, created_at, last_active_at, expires_at, \
    version, lifetime, secret, principal, label, state) \
    SELECT unhex(printf('%012x7000%016x', n, n)), 1, 0, 0, 0, n, \
    1, 0, zeroblob(32), CAST(OWNER (n / 10) END AS BLOB), \
    CAST('Firefox on Linux' AS BLOB), CAST('{}' AS BLOB) FROM numbers";

async fn measure(name: &str, store: impl SessionStorageBackend) {
    let owner = Principal::new("owner").unwrap();
    let mut times = Vec::new();
    for _ in 0..101 {
        let begun = Instant::now();
        let list = store.sessions_of(&owner, Page::ALL).await.unwrap();
        times.push(begun.elapsed());
        assert_eq!(list.len(), 1_000);
    }
    times.sort_unstable();
    println!(
        "{name}: median {:.2?}, slowest of 101 {:.2?}",
        times[50], times[100]
    );
}

/// Fills the table of that pool and measures.
macro_rules! on {
    ($name:literal, $pool:expr, $store:path, $statement:expr) => {{
        let pool = $pool;
        let store = <$store>::new(pool.clone());
        store.migrate().await.unwrap();
        let statement = $statement.replace("OWNER", OWNER);
        sqlx::query(&statement).execute(&pool).await.unwrap();
        measure($name, store).await;
    }};
}

#[tokio::main]
async fn main() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("sessions.db");
    let url = format!("sqlite://{}?mode=rwc", file.display());
    let pool = sqlx::SqlitePool::connect(&url).await.unwrap();
    on!(
        "SQLite",
        pool,
        session_sqlx::sqlite::SqliteSessionStore,
        SQLITE
    );

    let server = Server::start(Database::Postgres).unwrap();
    let pool = sqlx::PgPool::connect(&server.url()).await.unwrap();
    on!(
        "Postgres",
        pool,
        session_sqlx::postgres::PostgresSessionStore,
        POSTGRES
    );

    let server = Server::start(Database::MariaDb).unwrap();
    let pool = sqlx::MySqlPool::connect(&server.url()).await.unwrap();
    on!(
        "MariaDB",
        pool,
        session_sqlx::mysql::MySqlSessionStore,
        MYSQL
    );
}
