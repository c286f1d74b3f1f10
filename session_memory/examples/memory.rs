//! Measures the memory that a session occupies, with a million sessions that hold one value of
//! 100 bytes each.
//!
//! The example reads the resident set size from `/proc`, so it runs on Linux only:
//!
//! ```text
//! cargo run --release -p session_memory --example memory
//! ```

#![allow(clippy::print_stdout)]

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use session::Clock;
use session::store::{
    Lifetime, Revision, SecretHash, SerializedState, SessionRecord, SessionStorageBackend,
};
use session_memory::InMemorySessionStore;

const SESSIONS: u64 = 1_000_000;
const VALUE_LEN: usize = 100;

/// The number of bytes that a session may occupy.
const LIMIT: u64 = 600;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let store = InMemorySessionStore::new();
    let before = resident_bytes()?;
    for n in 0..SESSIONS {
        // The outcome is `Created`, because the ids differ.
        _ = store.create(&Arc::new(record(n)?)).await?;
    }
    let per_session = (resident_bytes()? - before) / SESSIONS;
    println!("{} sessions, {per_session} bytes each", store.len());
    match per_session <= LIMIT {
        true => Ok(()),
        false => {
            Err(format!("a session occupies {per_session} bytes; the limit is {LIMIT}").into())
        }
    }
}

fn record(n: u64) -> Result<SessionRecord, Box<dyn Error>> {
    let now = Clock::system().now();
    // Real ids are ordered by time, and their other bits are random.
    let spread = n.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let id = format!(
        "{:08x}-{:04x}-7{:03x}-{:04x}-{:012x}",
        0x0198_c3a4 + (n >> 16),
        n & 0xffff,
        spread & 0xfff,
        0x8000 | ((spread >> 12) & 0x3fff),
        (spread >> 16) & 0xffff_ffff_ffff,
    );
    let value = "x".repeat(VALUE_LEN - 2);
    Ok(SessionRecord {
        id: id.parse()?,
        revision: Revision::FIRST,
        secret: SecretHash::from_bytes([n as u8; 32]),
        secret_issued_at: now,
        previous_secret: None,
        principal: None,
        created_at: now,
        authenticated_at: None,
        last_active_at: now,
        expires_at: now + Duration::from_secs(24 * 60 * 60),
        label: None,
        stamp: None,
        origin: None,
        lifetime: Lifetime::Ordinary,
        state: SerializedState::from_json(format!(r#"{{"value":"{value}"}}"#)),
    })
}

fn resident_bytes() -> Result<u64, Box<dyn Error>> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kibibytes = line.and_then(|line| line.trim().strip_suffix("kB"));
    let kibibytes: u64 = kibibytes
        .ok_or("/proc/self/status has no line `VmRSS`")?
        .trim()
        .parse()?;
    Ok(kibibytes * 1_024)
}
