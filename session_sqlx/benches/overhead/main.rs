//! The cost of a store over bare `sqlx` that runs the same statements over the same pool.
//!
//! ```text
//! cargo bench -p session_sqlx --all-features --bench overhead
//! ```
//!
//! Prints for each operation the share of the throughput of bare `sqlx` that the store reaches.
//! SQLite runs in memory, so that no disk hides the cost of the store. Servers take part if their
//! URLs are in the environment (`SESSION_TEST_POSTGRES_URL`, `SESSION_TEST_MYSQL_URL`); otherwise
//! the output names them.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    missing_docs,
    reason = "this is a benchmark"
)]

mod bare;
mod harness;
mod statements;

use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use tokio::runtime::Runtime;

#[cfg(feature = "postgres")]
bare::bare!(postgres, Postgres, PostgresSessionStore);
#[cfg(feature = "mysql")]
bare::bare!(mysql, MySql, MySqlSessionStore);
#[cfg(feature = "sqlite")]
bare::bare!(sqlite, Sqlite, SqliteSessionStore);

#[cfg(any(feature = "postgres", feature = "mysql"))]
fn url(variable: &str) -> Option<String> {
    let url = std::env::var(variable).ok();
    if url.is_none() {
        println!("left out, because `{variable}` is not set: the server that it names\n");
    }
    url
}

fn benchmarks(criterion: &mut Criterion) {
    let runtime = &Runtime::new().unwrap();
    #[cfg(feature = "sqlite")]
    {
        let pool = sqlx::sqlite::SqlitePoolOptions::new().max_connections(1);
        let pool = runtime.block_on(pool.connect("sqlite::memory:")).unwrap();
        sqlite::compare(criterion, runtime, pool);
    }
    #[cfg(feature = "postgres")]
    if let Some(url) = url("SESSION_TEST_POSTGRES_URL") {
        let pool = runtime.block_on(sqlx::PgPool::connect(&url)).unwrap();
        postgres::compare(criterion, runtime, pool);
    }
    #[cfg(feature = "mysql")]
    if let Some(url) = url("SESSION_TEST_MYSQL_URL") {
        let pool = runtime.block_on(sqlx::MySqlPool::connect(&url)).unwrap();
        mysql::compare(criterion, runtime, pool);
    }
}

criterion_group! {
    name = overhead;
    config = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1));
    targets = benchmarks
}
criterion_main!(overhead);
