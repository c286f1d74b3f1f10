use std::cell::RefCell;

use anyhow::{Context, bail, ensure};
use pavex::Response;
use pavex::request::RequestHead;
use redis::aio::MultiplexedConnection;
use redis::{Client, Script, Value};
use uuid::Uuid;

use super::{SECRET, ensure_live, id_of, lifetime, now, state, value, with_cookie};
use crate::servers::app::{self, Use, next_value, shown};

/// Replaces the value of a key, if it begins with the expected revision.
const REPLACE: &str = "\
if redis.call('GETRANGE', KEYS[1], 0, 7) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PXAT', ARGV[3])
return 1";

thread_local! {
    /// The connection of this worker, as in `session_redis`.
    static CONNECTION: RefCell<Option<MultiplexedConnection>> = const { RefCell::new(None) };
}

pub(crate) struct App {
    client: Client,
    replace: Script,
}

/// A record: its revision, its deadline, the secret and the state.
struct Record {
    revision: i64,
    expires_at: i64,
    state: String,
}

impl Record {
    fn new(state: String) -> anyhow::Result<Self> {
        Ok(Self {
            revision: 1,
            expires_at: now()? + lifetime(),
            state,
        })
    }

    fn encode(&self) -> Vec<u8> {
        let numbers = [self.revision.to_be_bytes(), self.expires_at.to_be_bytes()];
        [numbers.as_flattened(), SECRET, self.state.as_bytes()].concat()
    }

    fn decode(bytes: &[u8]) -> anyhow::Result<Self> {
        let cut = || bytes.split_first_chunk::<8>();
        let (revision, rest) = cut().context("the record is too short")?;
        let (expires_at, rest) = rest
            .split_first_chunk()
            .context("the record is too short")?;
        let state = rest
            .get(SECRET.len()..)
            .context("the record is too short")?;
        Ok(Self {
            revision: i64::from_be_bytes(*revision),
            expires_at: i64::from_be_bytes(*expires_at),
            state: str::from_utf8(state)?.to_owned(),
        })
    }
}

impl App {
    pub(crate) async fn new(url: &str) -> anyhow::Result<Self> {
        Ok(Self {
            client: Client::open(url)?,
            replace: Script::new(REPLACE),
        })
    }

    async fn connection(&self) -> anyhow::Result<MultiplexedConnection> {
        if let Some(connection) = CONNECTION.with_borrow(Clone::clone) {
            return Ok(connection);
        }
        let connection = self.client.get_multiplexed_async_connection().await?;
        CONNECTION.set(Some(connection.clone()));
        Ok(connection)
    }

    async fn load(&self, id: Uuid) -> anyhow::Result<Record> {
        let mut connection = self.connection().await?;
        let mut get = redis::cmd("GET");
        get.arg(key(id));
        let Value::BulkString(bytes) = get.query_async(&mut connection).await? else {
            bail!("there is no such session");
        };
        let record = Record::decode(&bytes)?;
        ensure_live(record.expires_at)?;
        Ok(record)
    }

    async fn create(&self, id: Uuid, record: &Record) -> anyhow::Result<()> {
        let mut set = redis::cmd("SET");
        set.arg(key(id)).arg(record.encode()).arg("NX");
        set.arg("PXAT").arg(record.expires_at / 1000);
        let mut connection = self.connection().await?;
        let done: Option<String> = set.query_async(&mut connection).await?;
        ensure!(done.is_some(), "the id is not new");
        Ok(())
    }

    async fn replace(&self, id: Uuid, record: &Record) -> anyhow::Result<()> {
        let mut connection = self.connection().await?;
        let mut call = self.replace.key(key(id));
        call.arg(&(record.revision - 1).to_be_bytes());
        call.arg(record.encode()).arg(record.expires_at / 1000);
        let replaced: i64 = call.invoke_async(&mut connection).await?;
        ensure!(replaced == 1, "another request came first");
        Ok(())
    }
}

fn key(id: Uuid) -> Vec<u8> {
    [b"session:", &id.as_bytes()[..]].concat()
}

impl app::App for App {
    async fn answer(&self, head: &RequestHead, use_: Use) -> anyhow::Result<Response> {
        match (id_of(head)?, use_) {
            (Some(id), Use::Read) => Ok(shown(value(self.load(id).await?.state.as_bytes())?)),
            (Some(id), Use::Write) => {
                let (mut record, new) = (self.load(id).await?, next_value());
                record.revision += 1;
                record.state = state(new);
                self.replace(id, &record).await?;
                Ok(shown(new))
            }
            (None, Use::Write) => {
                let (id, new) = (Uuid::now_v7(), next_value());
                self.create(id, &Record::new(state(new))?).await?;
                with_cookie(shown(new), id)
            }
            _ => Ok(shown(0)),
        }
    }
}
