use std::ops::Range;

use anyhow::{Context, ensure};
use redis::Script;
use uuid::Uuid;

use super::redis::Connections;
use super::statements::{SECRET, Statements, ensure_live, lifetime, now};

/// Replaces the value of a key, if it begins with the expected revision.
const REPLACE: &str = "\
if redis.call('GETRANGE', KEYS[1], 0, 7) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PXAT', ARGV[3])
return 1";

/// A simpler script, and records of a revision, a deadline, the secret and the state.
pub(super) struct ShortRedis {
    connections: Connections,
    replace: Script,
}

impl ShortRedis {
    pub(super) fn new(url: &str) -> anyhow::Result<Self> {
        Ok(Self {
            connections: Connections::new(url)?,
            replace: Script::new(REPLACE),
        })
    }
}

fn key(id: Uuid) -> Vec<u8> {
    [b"session:", &id.as_bytes()[..]].concat()
}

fn encode(revision: i64, expires_at: i64, state: &str) -> Vec<u8> {
    let numbers = [revision.to_be_bytes(), expires_at.to_be_bytes()];
    [numbers.as_flattened(), SECRET, state.as_bytes()].concat()
}

fn number(record: &[u8], part: Range<usize>) -> anyhow::Result<i64> {
    let bytes = record.get(part).context("the record is too short")?;
    Ok(i64::from_be_bytes(bytes.try_into()?))
}

impl Statements for ShortRedis {
    type Record = Vec<u8>;

    async fn load(&self, id: Uuid) -> anyhow::Result<Vec<u8>> {
        let record = self.connections.load(&key(id)).await?;
        ensure_live(number(&record, 8..16)?)?;
        Ok(record)
    }

    fn state(record: &Vec<u8>) -> anyhow::Result<&[u8]> {
        let state = record.get(16 + SECRET.len()..);
        state.context("the record is too short")
    }

    async fn create(&self, id: Uuid, state: &str) -> anyhow::Result<()> {
        let expires_at = now()? + lifetime();
        let value = encode(1, expires_at, state);
        let expiry = expires_at / 1000;
        self.connections.create(&key(id), &value, expiry).await
    }

    async fn replace(&self, id: Uuid, old: Vec<u8>, state: &str) -> anyhow::Result<()> {
        let (revision, expires_at) = (number(&old, 0..8)?, number(&old, 8..16)?);
        let mut call = self.replace.key(key(id));
        call.arg(&revision.to_be_bytes());
        call.arg(encode(revision + 1, expires_at, state));
        call.arg(expires_at / 1000);
        let mut connection = self.connections.get().await?;
        let replaced: i64 = call.invoke_async(&mut connection).await?;
        ensure!(replaced == 1, "another request came first");
        Ok(())
    }
}
