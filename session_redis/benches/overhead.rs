//! What the store costs over bare `redis` that sends the same commands over a connection of the same kind.
//!
//! ```text
//! cargo bench -p session_redis --bench overhead
//! ```
//!
//! Prints for each operation the share of bare `redis`' throughput that the store reaches: of one operation after the
//! other, and of 64 at once. The server is one that this starts, unless `SESSION_TEST_REDIS_URL` names another.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    missing_docs,
    reason = "this is a benchmark"
)]

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use redis::aio::{ConnectionLike, MultiplexedConnection};
use redis::io::tcp::TcpSettings;
use redis::{Client, Cmd, Script, cmd};
use session::store::{Extension, SessionRecord, SessionStorageBackend};
use session_conformance::{RecordBuilder, after, id, principal};
use session_redis::{KeyPrefix, RedisSessionStore};
use test_servers::{Database, Setup};
use tokio::task::JoinSet;

/// The operations that are compared.
#[derive(Debug, Clone, Copy)]
enum Operation {
    CreateAndDelete,
    Load,
    Replace,
    Touch,
    SessionsOf,
    DeleteAllOf,
}

const OPERATIONS: [Operation; 6] = [
    Operation::CreateAndDelete,
    Operation::Load,
    Operation::Replace,
    Operation::Touch,
    Operation::SessionsOf,
    Operation::DeleteAllOf,
];

/// How many at once.
const CROWDS: [u64; 2] = [1, 64];

/// Both take turns, so that whatever else the machine does hits both.
const ROUNDS: usize = 101;

/// Operations of a turn.
const TURN: u64 = 640;

/// What the store has to reach, in percent.
const GOAL: f64 = 90.0;

/// Runs operations: through the store, or with bare `redis`. Each of a crowd has a record of its own.
trait Contender: Clone + Send + Sync + 'static {
    fn run(&mut self, operation: Operation) -> impl Future<Output = ()> + Send;
}

#[derive(Clone)]
struct Store {
    store: RedisSessionStore,
    record: Arc<SessionRecord>,
    new: Arc<SessionRecord>,
}

impl Contender for Store {
    async fn run(&mut self, operation: Operation) {
        let Self { store, record, new } = self;
        match operation {
            Operation::CreateAndDelete => {
                _ = store.create(black_box(new)).await.unwrap();
                store.delete(new.id).await.unwrap();
            }
            Operation::Load => _ = black_box(store.load(record.id).await.unwrap()),
            Operation::Replace => {
                let expected = record.revision;
                Arc::make_mut(record).revision = expected.next();
                _ = store.replace(record, expected).await.unwrap();
            }
            Operation::Touch => _ = store.touch(record.id, extension()).await.unwrap(),
            Operation::SessionsOf => {
                _ = black_box(store.sessions_of(&principal("ada")).await.unwrap());
            }
            Operation::DeleteAllOf => {
                let deleted = store.delete_all_of(&principal("nobody"), None).await;
                assert_eq!(deleted.unwrap(), 0);
            }
        }
    }
}

/// The same commands, with values that are ready to be sent.
#[derive(Clone)]
struct Bare {
    connection: MultiplexedConnection,
    prefix: KeyPrefix,
    key: String,
    value: Vec<u8>,
    new_key: String,
    new_value: Vec<u8>,
    hashes: [String; 3],
}

impl Bare {
    /// Takes the values from the server, where the store has put them.
    async fn beside(store: &Store, mut connection: MultiplexedConnection) -> Self {
        let prefix = store.store.prefix().clone();
        let (key, new_key) = (
            format!("{prefix}{}", store.record.id),
            format!("{prefix}{}", store.new.id),
        );
        let value = cmd("GET")
            .arg(&key)
            .query_async(&mut connection)
            .await
            .unwrap();
        _ = store.store.create(&store.new).await.unwrap();
        let new_value = cmd("GET")
            .arg(&new_key)
            .query_async(&mut connection)
            .await
            .unwrap();
        store.store.delete(store.new.id).await.unwrap();
        let hashes = ["replace", "touch", "listed"].map(|name| {
            let script = Script::new(session_redis::script(name).unwrap());
            script.get_hash().to_owned()
        });
        Self {
            connection,
            prefix,
            key,
            value,
            new_key,
            new_value,
            hashes,
        }
    }

    async fn send(&self, command: &Cmd) -> redis::Value {
        let answer = self.connection.clone().req_packed_command(command).await;
        black_box(answer.unwrap())
    }

    async fn load(&self) {
        let mut get = cmd("GET");
        self.send(get.arg(&self.key)).await;
    }

    async fn replace(&mut self) {
        let expected: [u8; 8] = self.value[1..9].try_into().unwrap();
        let next = (u64::from_be_bytes(expected) + 1).to_be_bytes();
        self.value[1..9].copy_from_slice(&next);
        let mut evalsha = cmd("EVALSHA");
        evalsha.arg(&self.hashes[0]).arg(1).arg(&self.key);
        evalsha
            .arg(&expected[..])
            .arg(&self.value)
            .arg(EXPIRY)
            .arg(1)
            .arg("");
        self.send(&evalsha).await;
    }

    async fn touch(&self) {
        let mut evalsha = cmd("EVALSHA");
        evalsha.arg(&self.hashes[1]).arg(1).arg(&self.key);
        evalsha
            .arg(&self.value[9..17])
            .arg(&self.value[17..25])
            .arg(EXPIRY);
        evalsha.arg("").arg(&[0_u8; 8][..]).arg(0);
        self.send(&evalsha).await;
    }

    async fn create_and_delete(&self) {
        let mut set = cmd("SET");
        set.arg(&self.new_key)
            .arg(&self.new_value)
            .arg("NX")
            .arg("PXAT")
            .arg(EXPIRY);
        self.send(&set).await;
        let mut unlink = cmd("UNLINK");
        self.send(unlink.arg(&self.new_key)).await;
    }

    async fn list(&self, principal: &str) -> redis::Value {
        let mut evalsha = cmd("EVALSHA");
        evalsha
            .arg(&self.hashes[2])
            .arg(1)
            .arg(format!("{}of:{principal}", self.prefix));
        self.send(&evalsha).await
    }

    async fn sessions_of(&self) {
        let listed = self.list("ada").await;
        let (_, entries): (i64, Vec<Vec<u8>>) = redis::from_redis_value(listed).unwrap();
        let ranges = entries.iter().map(|entry| {
            let id = uuid::Uuid::from_slice(&entry[..16]).unwrap();
            let mut range = cmd("GETRANGE");
            range.arg(format!("{}{id}", self.prefix)).arg(0).arg(562);
            async move { self.send(&range).await }
        });
        futures_util::future::join_all(ranges).await;
    }
}

impl Contender for Bare {
    async fn run(&mut self, operation: Operation) {
        match operation {
            Operation::CreateAndDelete => self.create_and_delete().await,
            Operation::Load => self.load().await,
            Operation::Replace => self.replace().await,
            Operation::Touch => self.touch().await,
            Operation::SessionsOf => self.sessions_of().await,
            Operation::DeleteAllOf => _ = self.list("nobody").await,
        }
    }
}

/// In milliseconds: some time after the end of the century.
const EXPIRY: i64 = 4_200_000_000_000;

fn extension() -> Extension {
    Extension {
        last_active_at: after(40),
        expires_at: after(5_000),
    }
}

/// 1 KiB, as sessions have.
fn record(n: u64) -> RecordBuilder {
    let state = format!(r#"{{"cart":"{}"}}"#, "x".repeat(1_000));
    RecordBuilder::complete(n)
        .without_principal()
        .state(&state)
        .revision(1)
}

/// A crowd of each kind. Five sessions are of `ada`.
async fn contenders(url: &str) -> (Vec<Store>, Vec<Bare>) {
    let client = Client::open(url).unwrap();
    let prefix: KeyPrefix = format!("bench-{}:", std::process::id()).parse().unwrap();
    let store = RedisSessionStore::connect(client.clone())
        .await
        .unwrap()
        .with_prefix(&prefix);
    // As that of the store.
    let info = client.get_connection_info().clone();
    let info = info.set_tcp_settings(TcpSettings::default().set_nodelay(true));
    let client = Client::open(info).unwrap();
    let connection = client.get_multiplexed_async_connection().await.unwrap();
    let (mut stores, mut bares) = (vec![], vec![]);
    for n in 0..5 {
        _ = store
            .create(&record(50_000 + n).principal("ada").build())
            .await;
    }
    for n in 0..2 * CROWDS[1] {
        let record = record(n).build();
        _ = store.create(&record).await.unwrap();
        let contender = Store {
            store: store.clone(),
            new: RecordBuilder::from(record.clone())
                .id(id(10_000 + n))
                .build(),
            record,
        };
        if n % 2 == 0 {
            stores.push(contender);
        } else {
            bares.push(Bare::beside(&contender, connection.clone()).await);
        }
    }
    (stores, bares)
}

/// The share in percent: the median over rounds.
async fn ratio(
    operation: Operation,
    at_once: u64,
    stores: &mut Vec<Store>,
    bares: &mut Vec<Bare>,
) -> f64 {
    let mut ratios = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let of_stores = time(operation, at_once, stores).await;
        let of_bares = time(operation, at_once, bares).await;
        ratios.push(100.0 * of_bares.as_secs_f64() / of_stores.as_secs_f64());
    }
    ratios.sort_by(f64::total_cmp);
    ratios[ROUNDS / 2]
}

async fn time<C: Contender>(operation: Operation, at_once: u64, crowd: &mut Vec<C>) -> Duration {
    let turn = TURN / if at_once == 1 { 8 } else { 1 };
    let working = crowd.drain(..usize::try_from(at_once).unwrap());
    let mut tasks = JoinSet::new();
    let start = Instant::now();
    for mut contender in working.collect::<Vec<_>>() {
        tasks.spawn(async move {
            for _ in 0..turn / at_once {
                contender.run(operation).await;
            }
            contender
        });
    }
    crowd.extend(tasks.join_all().await);
    start.elapsed()
}

#[tokio::main]
async fn main() {
    let url = std::env::var("SESSION_TEST_REDIS_URL");
    let server = url.is_err().then(|| {
        let setup = Setup::of(Database::Redis).without_durability();
        setup.start().unwrap()
    });
    let url = url.unwrap_or_else(|_| server.as_ref().unwrap().url());
    let (mut stores, mut bares) = contenders(&url).await;
    for operation in OPERATIONS {
        for at_once in CROWDS {
            let ratio = ratio(operation, at_once, &mut stores, &mut bares).await;
            let verdict = if ratio >= GOAL {
                ""
            } else {
                ", less than it should be"
            };
            println!(
                "{operation:?}, {at_once} at once: {ratio:.0} % of bare redis' throughput{verdict}"
            );
        }
    }
}
