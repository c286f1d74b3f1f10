use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::ensure;
use uuid::Uuid;

use crate::servers::settings::LIFETIME;

/// The hash of the secret, which a library would compute.
pub(super) const SECRET: &[u8] = &[7; 32];

/// The version of the records.
pub(super) const VERSION: u8 = 1;

/// The statements of a store.
pub(super) trait Statements: Send + Sync + 'static {
    type Record;

    async fn load(&self, id: Uuid) -> anyhow::Result<Self::Record>;

    /// Returns the state of a record, in JSON.
    fn state(record: &Self::Record) -> anyhow::Result<&[u8]>;

    async fn create(&self, id: Uuid, state: &str) -> anyhow::Result<()>;

    async fn replace(&self, id: Uuid, old: Self::Record, state: &str) -> anyhow::Result<()>;
}

pub(super) fn now() -> anyhow::Result<i64> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH)?;
    Ok(i64::try_from(since.as_micros())?)
}

pub(super) fn lifetime() -> i64 {
    LIFETIME.as_secs().cast_signed() * 1_000_000
}

pub(super) fn ensure_live(expires_at: i64) -> anyhow::Result<()> {
    ensure!(expires_at > now()?, "the session has expired");
    Ok(())
}
