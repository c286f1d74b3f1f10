//! A new database for each test.

use std::panic::resume_unwind;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use sqlx::mysql::MySqlConnectOptions;
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection};

/// Runs a test with the URL of a SQLite file that does not exist yet, in a folder that does not
/// either.
pub(crate) async fn test_on_sqlite<T>(test: impl FnOnce(String) -> T)
where
    T: Future<Output = ()> + Send + 'static,
{
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("data/shop.db");
    test(format!("sqlite://{}", file.display())).await;
}

/// Runs a test with the URL of a new database on the Postgres server that the environment names.
pub(crate) async fn test_on_postgres<T>(test: impl FnOnce(String) -> T)
where
    T: Future<Output = ()> + Send + 'static,
{
    let server: PgConnectOptions = url("SESSION_TEST_POSTGRES_URL").parse().unwrap();
    let name = unique_name();
    let mut connection = server.connect().await.unwrap();
    let create = format!("CREATE DATABASE {name}");
    sqlx::raw_sql(&create)
        .execute(&mut connection)
        .await
        .unwrap();

    let url = server.database(&name).to_url_lossy().to_string();
    let outcome = tokio::spawn(test(url)).await;

    // By force, because a failed test has not closed its connections.
    let drop = format!("DROP DATABASE {name} WITH (FORCE)");
    sqlx::raw_sql(&drop).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    report(outcome);
}

/// Runs a test with the URL of a new database on the MySQL or MariaDB server that the environment
/// names.
pub(crate) async fn test_on_mysql<T>(test: impl FnOnce(String) -> T)
where
    T: Future<Output = ()> + Send + 'static,
{
    let server: MySqlConnectOptions = url("SESSION_TEST_MYSQL_URL").parse().unwrap();
    let name = unique_name();
    let mut connection = server.connect().await.unwrap();
    let create = format!("CREATE DATABASE {name}");
    sqlx::raw_sql(&create)
        .execute(&mut connection)
        .await
        .unwrap();

    let url = server.database(&name).to_url_lossy().to_string();
    let outcome = tokio::spawn(test(url)).await;

    let drop = format!("DROP DATABASE {name}");
    sqlx::raw_sql(&drop).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    report(outcome);
}

/// Runs a test with the URL of an empty database on the Redis server that the environment names.
pub(crate) async fn test_on_redis<T>(test: impl FnOnce(String) -> T)
where
    T: Future<Output = ()> + Send + 'static,
{
    // A server has 16 databases. Number 0 belongs to other tests.
    static NEXT: AtomicU32 = AtomicU32::new(1);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let url = format!(
        "{}/{number}",
        url("SESSION_TEST_REDIS_URL").trim_end_matches('/')
    );
    let client = redis::Client::open(&*url).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let empty = redis::cmd("FLUSHDB");
    let () = empty.query_async(&mut connection).await.unwrap();
    let outcome = tokio::spawn(test(url)).await;
    let () = empty.query_async(&mut connection).await.unwrap();
    report(outcome);
}

fn report(outcome: Result<(), tokio::task::JoinError>) {
    if let Err(error) = outcome {
        resume_unwind(error.into_panic());
    }
}

/// Returns the URL in the environment variable. Without it the test fails: a skipped test would
/// look like a passed one.
fn url(variable: &str) -> String {
    std::env::var(variable).unwrap_or_else(|_| {
        panic!(
            "the environment variable `{variable}` is not set; run `cargo xtask test`, which starts a \
             server, or set it to the URL of a server on which the user may create databases"
        )
    })
}

/// Returns a name that no other test uses, in this run or a parallel one.
fn unique_name() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let n = NEXT.fetch_add(1, Ordering::Relaxed);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let process = std::process::id();
    format!("shop_{process}_{n}_{}", now.as_micros())
}
