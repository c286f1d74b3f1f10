use std::cell::RefCell;
use std::ops::Range;

use anyhow::{Context, bail, ensure};
use redis::aio::MultiplexedConnection;
use redis::{Client, Cmd, FromRedisValue, Value};
use uuid::Uuid;

use super::script;
use super::statements::{SECRET, Statements, VERSION, ensure_live, lifetime, now};

/// The connections of the workers.
pub(super) struct Connections(Client);

impl Connections {
    pub(super) fn new(url: &str) -> anyhow::Result<Self> {
        Ok(Self(Client::open(url)?))
    }

    /// Returns the connection of this worker, as in `session_redis`.
    pub(super) async fn get(&self) -> anyhow::Result<MultiplexedConnection> {
        thread_local! {
            static CONNECTION: RefCell<Option<MultiplexedConnection>> = const { RefCell::new(None) };
        }
        if let Some(connection) = CONNECTION.with_borrow(Clone::clone) {
            return Ok(connection);
        }
        let connection = self.0.get_multiplexed_async_connection().await?;
        CONNECTION.set(Some(connection.clone()));
        Ok(connection)
    }

    async fn send<T: FromRedisValue>(&self, command: &Cmd) -> anyhow::Result<T> {
        Ok(command.query_async(&mut self.get().await?).await?)
    }

    pub(super) async fn load(&self, key: &[u8]) -> anyhow::Result<Vec<u8>> {
        match self.send(redis::cmd("GET").arg(key)).await? {
            Value::BulkString(value) => Ok(value),
            _ => bail!("there is no such session"),
        }
    }

    pub(super) async fn create(&self, key: &[u8], value: &[u8], expiry: i64) -> anyhow::Result<()> {
        let mut set = redis::cmd("SET");
        set.arg(key).arg(value).arg("NX").arg("PXAT").arg(expiry);
        let done: Option<String> = self.send(&set).await?;
        ensure!(done.is_some(), "the id is not new");
        Ok(())
    }
}

fn key(id: Uuid) -> Vec<u8> {
    format!("session:{id}").into_bytes()
}

/// Returns the millisecond after a deadline.
fn expiry(expires_at: i64) -> i64 {
    expires_at / 1000 + 1
}

/// Encodes a number as `session_redis` does.
fn ordered(number: i64) -> [u8; 8] {
    (number.cast_unsigned() ^ (1 << 63)).to_be_bytes()
}

/// Returns the number in a part of a record.
fn number(record: &[u8], part: Range<usize>) -> anyhow::Result<i64> {
    let bytes = record.get(part).context("the record is too short")?;
    Ok((u64::from_be_bytes(bytes.try_into()?) ^ (1 << 63)).cast_signed())
}

/// The commands, the script and the records of `session_redis`.
pub(super) struct Redis {
    connections: Connections,
    replace: String,
}

const REVISION: Range<usize> = 1..9;
const LAST_ACTIVE: Range<usize> = 9..17;
const DEADLINE: Range<usize> = 17..25;
/// The length of all fields before the state, for a visitor without a log-in and without a label.
const STATE: usize = 88;

impl Redis {
    pub(super) fn new(url: &str) -> anyhow::Result<Self> {
        Ok(Self {
            connections: Connections::new(url)?,
            replace: script::hash(),
        })
    }
}

impl Statements for Redis {
    type Record = Vec<u8>;

    async fn load(&self, id: Uuid) -> anyhow::Result<Vec<u8>> {
        let record = self.connections.load(&key(id)).await?;
        ensure_live(number(&record, DEADLINE)?)?;
        Ok(record)
    }

    fn state(record: &Vec<u8>) -> anyhow::Result<&[u8]> {
        record.get(STATE..).context("the record is too short")
    }

    async fn create(&self, id: Uuid, state: &str) -> anyhow::Result<()> {
        let now = now()?;
        let expires_at = now + lifetime();
        let now = ordered(now);
        let mut value = vec![VERSION];
        for field in [ordered(1), now, ordered(expires_at), [0; 8], now] {
            value.extend(field);
        }
        value.extend(SECRET);
        // There is neither a principal nor an origin.
        value.extend([0; 2]);
        value.extend(now);
        value.extend([0; 5]);
        value.extend(state.as_bytes());
        let expiry = expiry(expires_at);
        self.connections.create(&key(id), &value, expiry).await
    }

    async fn replace(&self, id: Uuid, old: Vec<u8>, state: &str) -> anyhow::Result<()> {
        let revision = number(&old, REVISION)?;
        let expires_at = number(&old, DEADLINE)?;
        let mut value = old;
        value.truncate(STATE);
        value[REVISION].copy_from_slice(&ordered(revision + 1));
        value[LAST_ACTIVE].copy_from_slice(&ordered(now()?));
        value.extend(state.as_bytes());
        let mut call = redis::cmd("EVALSHA");
        call.arg(&self.replace).arg(1).arg(key(id));
        call.arg(&ordered(revision)).arg(&value);
        call.arg(expiry(expires_at)).arg(VERSION).arg(b"");
        let answer: String = self.connections.send(&call).await?;
        ensure!(answer == "replaced", "another request came first");
        Ok(())
    }
}
