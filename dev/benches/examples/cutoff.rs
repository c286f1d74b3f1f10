//! Measures the end of a million sessions on each store: the time of the whole deletion, and that
//! of its longest step, which has to be shorter than `session.store.timeout`.
//!
//! ```text
//! cargo run --release -p benches --example cutoff -- [memory sqlite postgres mysql redis]
//! ```

#![allow(clippy::print_stdout, reason = "this is a command line program")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use session::store::{SessionRecord, SessionStorageBackend};
use session::testing::TestApp;
use session::{SessionId, SessionRegistry};
use session_conformance::{RecordBuilder, after};
use session_memory::InMemorySessionStore;
use session_redis::{RedisSessionConfig, RedisSessionStore, RedisUrl};
use session_sqlx::SqlSessionConfig;
use session_sqlx::mysql::MySqlSessionStore;
use session_sqlx::postgres::PostgresSessionStore;
use session_sqlx::sqlite::SqliteSessionStore;
use test_servers::{Database, Server, Setup};
use tokio::task::JoinSet;

const SESSIONS: u64 = 1_000_000;
const TASKS: u64 = 64;

/// An error of any part of the measurement.
type Failure = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let named: Vec<String> = std::env::args().skip(1).collect();
    for store in ["memory", "sqlite", "postgres", "mysql", "redis"] {
        if named.is_empty() || named.iter().any(|name| name == store) {
            measure_on(store).await?;
        }
    }
    Ok(())
}

async fn measure_on(name: &str) -> Result<(), Failure> {
    match name {
        "memory" => measure(name, InMemorySessionStore::new()).await,
        "sqlite" => {
            let folder = std::env::temp_dir().join(format!("cutoff-{}", std::process::id()));
            let store = SqliteSessionStore::open(folder.join("sessions.db")).await?;
            let measured = measure(name, store).await;
            std::fs::remove_dir_all(folder)?;
            measured
        }
        "postgres" => {
            let server = start(Database::Postgres)?;
            measure(
                name,
                PostgresSessionStore::from_config(&sql(&server)?).await?,
            )
            .await
        }
        "mysql" => {
            let server = start(Database::MariaDb)?;
            measure(name, MySqlSessionStore::from_config(&sql(&server)?).await?).await
        }
        _ => {
            let server = start(Database::Redis)?;
            let config = RedisSessionConfig::from(server.url().parse::<RedisUrl>()?);
            measure(name, RedisSessionStore::from_config(&config).await?).await
        }
    }
}

fn start(database: Database) -> Result<Server, Failure> {
    Ok(Setup::of(database).without_durability().start()?)
}

fn sql(server: &Server) -> Result<SqlSessionConfig, Failure> {
    Ok(SqlSessionConfig::new(server.url().parse()?))
}

async fn measure(name: &str, store: impl SessionStorageBackend + Clone) -> Result<(), Failure> {
    fill(&store).await?;
    let app = TestApp::new(session::SessionStore::new(store));
    let registry = SessionRegistry::new(&app.store, &app.policy);
    let begun = Instant::now();
    let (mut last, mut longest, mut steps) = (begun, Duration::ZERO, 0);
    let progress = |_| {
        longest = longest.max(last.elapsed());
        last = Instant::now();
        steps += 1;
    };
    let ended = registry.revoke_created_until(after(1), progress).await?;
    println!(
        "{name}: {ended} sessions in {:.1} s, {steps} steps, the longest {longest:.0?}",
        begun.elapsed().as_secs_f64()
    );
    match ended == SESSIONS {
        true => Ok(()),
        false => Err(format!("{SESSIONS} sessions were created").into()),
    }
}

async fn fill(store: &(impl SessionStorageBackend + Clone)) -> Result<(), Failure> {
    let mut tasks = JoinSet::new();
    for task in 0..TASKS {
        let store = store.clone();
        tasks.spawn(async move {
            for n in (task..SESSIONS).step_by(TASKS as usize) {
                // The outcome is `Created`: ids are counted up.
                _ = store.create(&record(n)).await?;
            }
            Ok::<_, session::StoreError>(())
        });
    }
    for outcome in tasks.join_all().await {
        outcome?;
    }
    Ok(())
}

/// A session of one of half a million principals, with a value of 100 bytes.
fn record(n: u64) -> Arc<SessionRecord> {
    // Real ids begin with the time, and end in random bits: the multiplication spreads these.
    let id: SessionId = session_conformance::id(n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 2);
    let value = "x".repeat(98);
    let record = RecordBuilder::new(n).id(id);
    let record = record.principal(&format!("user-{}", n / 2));
    record.state(&format!(r#"{{"value":"{value}"}}"#)).build()
}
