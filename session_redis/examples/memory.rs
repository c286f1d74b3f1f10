//! Measures the memory of Redis that a session takes, with a million sessions with one value of 100
//! bytes: sessions without a principal, and sessions with one. Each session has been extended.
//!
//! ```text
//! cargo run --release -p session_redis --example memory
//! ```

#![allow(clippy::print_stdout, reason = "this is a command line program")]

use std::error::Error;
use std::sync::Arc;

use redis::cmd;
use session::SessionId;
use session::store::{Extension, SessionRecord, SessionStorageBackend};
use session_conformance::{RecordBuilder, after};
use session_redis::RedisSessionStore;
use test_servers::{Database, Server, Setup};
use time::Duration;
use tokio::task::JoinSet;

const SESSIONS: u64 = 1_000_000;
const VALUE_LEN: usize = 100;

/// The number of sessions of each principal.
const OF_ONE: u64 = 2;

/// The expected most bytes of a session without a principal, and with one.
const LIMITS: [u64; 2] = [450, 800];

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    for (owned, limit) in [false, true].into_iter().zip(LIMITS) {
        let server = Setup::of(Database::Redis).without_durability().start()?;
        let client = redis::Client::open(server.url())?;
        let store = RedisSessionStore::connect(client).await?;
        let before = used(&server)?;
        fill(&store, owned).await?;
        let per_session = (used(&server)? - before) / SESSIONS;
        let in_16_gib = (16 << 30) / per_session / 1_000_000;
        println!(
            "{SESSIONS} sessions {}: {per_session} bytes each; 16 GiB hold {in_16_gib} million",
            match owned {
                true => "of principals with two each",
                false => "without a principal",
            }
        );
        if per_session > limit {
            return Err(format!("more than {limit} bytes a session").into());
        }
    }
    Ok(())
}

async fn fill(store: &RedisSessionStore, owned: bool) -> Result<(), Box<dyn Error>> {
    const TASKS: u64 = 64;
    let mut tasks = JoinSet::new();
    for task in 0..TASKS {
        let store = store.clone();
        tasks.spawn(async move {
            for n in (task..SESSIONS).step_by(TASKS as usize) {
                let record = record(n, owned);
                // The outcomes are the expected ones: ids are counted up.
                _ = store.create(&record).await?;
                // The first extension adds an entry to the index, and others add none for long.
                _ = store
                    .touch(record.id, &record.secret, later(&record))
                    .await?;
            }
            Ok::<_, session::StoreError>(())
        });
    }
    for outcome in tasks.join_all().await {
        outcome?;
    }
    Ok(())
}

/// The extension by a request that comes a minute after the log-in.
fn later(record: &SessionRecord) -> Extension {
    Extension {
        last_active_at: record.last_active_at + Duration::MINUTE,
        expires_at: record.expires_at + Duration::MINUTE,
    }
}

fn record(n: u64, owned: bool) -> Arc<SessionRecord> {
    // Real ids begin with the time, and end in random bits: the multiplication spreads these.
    let id: SessionId = session_conformance::id(n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 2);
    let value = "x".repeat(VALUE_LEN - 2);
    let record = RecordBuilder::new(n)
        .id(id)
        .state(&format!(r#"{{"value":"{value}"}}"#));
    let record = record.authenticated_at(owned.then(|| after(0)));
    match owned {
        true => record.principal(&format!("user-{}", n / OF_ONE)).build(),
        false => record.build(),
    }
}

/// Returns the bytes that Redis has allocated, as the allocator has rounded them up.
fn used(server: &Server) -> Result<u64, Box<dyn Error>> {
    let info: String = cmd("INFO").arg("memory").query(&mut server.redis()?)?;
    let mut lines = info.lines();
    let line = lines.find_map(|line| line.strip_prefix("used_memory:"));
    Ok(line.ok_or("`INFO memory` has no `used_memory`")?.parse()?)
}
