//! The throughput of the store beside bare `redis`, which sends the same commands over a connection
//! of the same kind.
//!
//! ```text
//! cargo bench -p session_redis --bench overhead
//! ```
//!
//! Prints for each operation the share of bare `redis`' throughput that the store reaches: with one
//! operation after the other, and with 64 at once. The benchmark starts a server, unless
//! `SESSION_TEST_REDIS_URL` names one.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    missing_docs,
    reason = "this is a benchmark"
)]

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use redis::aio::{ConnectionLike, MultiplexedConnection};
use redis::io::tcp::TcpSettings;
use redis::{Client, Cmd, cmd};
use session::store::{Extension, Page, SessionRecord, SessionStorageBackend};
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

/// The numbers of operations at once.
const CROWDS: [u64; 2] = [1, 64];

/// The number of turns of each side. They alternate, so that other load of the machine hits both.
const ROUNDS: usize = 101;

/// The number of operations of a turn.
const TURN: u64 = 640;

/// The share that the store has to reach, in percent.
const GOAL: f64 = 90.0;

/// One side of the comparison, with a record of its own.
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
                store.delete(new.id, None).await.unwrap();
            }
            Operation::Load => _ = black_box(store.load(record.id).await.unwrap()),
            Operation::Replace => {
                let expected = record.revision;
                Arc::make_mut(record).revision = expected.next();
                _ = store.replace(record, expected).await.unwrap();
            }
            Operation::Touch => {
                _ = store
                    .touch(record.id, &record.secret, extension())
                    .await
                    .unwrap()
            }
            Operation::SessionsOf => {
                _ = black_box(
                    store
                        .sessions_of(&principal("ada"), Page::ALL)
                        .await
                        .unwrap(),
                );
            }
            Operation::DeleteAllOf => {
                let deleted = store.delete_all_of(&principal("nobody"), None).await;
                assert_eq!(deleted.unwrap(), 0);
            }
        }
    }
}

/// The same commands by bare `redis`, with values that are ready to be sent.
#[derive(Clone)]
struct Bare {
    connection: MultiplexedConnection,
    prefix: KeyPrefix,
    key: String,
    value: Vec<u8>,
    new_key: String,
    new_value: Vec<u8>,
    scripts: Scripts,
}

/// The hashes of the scripts that the store runs.
#[derive(Clone)]
struct Scripts {
    replace: String,
    touch: String,
    entries: String,
}

impl Bare {
    /// Takes the values from the server, where the store has put them.
    async fn beside(store: &Store, connection: MultiplexedConnection, scripts: &Scripts) -> Self {
        let prefix = store.store.prefix().clone();
        let key = format!("{prefix}{}", store.record.id);
        let new_key = format!("{prefix}{}", store.new.id);
        let value = value(&connection, &key).await;
        _ = store.store.create(&store.new).await.unwrap();
        let new_value = self::value(&connection, &new_key).await;
        store.store.delete(store.new.id, None).await.unwrap();
        Self {
            connection,
            prefix,
            key,
            value,
            new_key,
            new_value,
            scripts: scripts.clone(),
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
        evalsha.arg(&self.scripts.replace).arg(1).arg(&self.key);
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
        evalsha.arg(&self.scripts.touch).arg(1).arg(&self.key);
        evalsha
            .arg(&self.value[9..17])
            .arg(&self.value[17..25])
            .arg(EXPIRY)
            .arg(&self.value[33..65]);
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
            .arg(&self.scripts.entries)
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
            range.arg(format!("{}{id}", self.prefix)).arg(0).arg(594);
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

impl Scripts {
    /// Makes the store run its scripts for a record, and reads their hashes from the server.
    async fn of(client: &Client, contender: &Store) -> Self {
        let Store { store, record, .. } = contender;
        let replace = store.replace(record, record.revision);
        let touch = store.touch(record.id, &record.secret, extension());
        let owner = principal("ada");
        Self {
            replace: hash_of(client, replace).await,
            touch: hash_of(client, touch).await,
            entries: hash_of(client, store.sessions_of(&owner, Page::ALL)).await,
        }
    }
}

/// Returns the hash of the first script that an operation runs.
async fn hash_of<T>(client: &Client, operation: impl Future<Output = T>) -> String {
    let monitor = client.get_async_monitor().await.unwrap();
    operation.await;
    let mut commands = monitor.into_on_message::<String>();
    loop {
        // `1700000000.000001 [0 127.0.0.1:40000] "EVALSHA" "<hash>" "1" "<key>" …`
        let command = commands.next().await.unwrap();
        let mut words = command.split('"').skip(1).step_by(2);
        if words.next() == Some("EVALSHA") {
            return words.next().unwrap().to_owned();
        }
    }
}

async fn value(connection: &MultiplexedConnection, key: &str) -> Vec<u8> {
    let mut get = cmd("GET");
    get.arg(key);
    get.query_async(&mut connection.clone()).await.unwrap()
}

/// A time after the end of the century, in milliseconds.
const EXPIRY: i64 = 4_200_000_000_000;

fn extension() -> Extension {
    Extension {
        last_active_at: after(40),
        expires_at: after(5_000),
    }
}

/// Begins a record with 1 KiB, as many sessions have.
fn record(n: u64) -> RecordBuilder {
    let state = format!(r#"{{"cart":"{}"}}"#, "x".repeat(1_000));
    RecordBuilder::complete(n)
        .without_principal()
        .state(&state)
        .revision(1)
}

/// Makes a crowd of each side. Five sessions belong to `ada`.
async fn contenders(url: &str) -> (Vec<Store>, Vec<Bare>) {
    let client = Client::open(url).unwrap();
    let prefix: KeyPrefix = format!("bench-{}:", std::process::id()).parse().unwrap();
    let store = RedisSessionStore::connect(client.clone()).await.unwrap();
    let store = store.with_prefix(&prefix);
    for n in 0..5 {
        let record = record(50_000 + n).principal("ada").build();
        _ = store.create(&record).await.unwrap();
    }
    let connection = like_that_of_the_store(&client).await;
    let mut scripts = None;
    let (mut stores, mut bares) = (vec![], vec![]);
    for n in 0..2 * CROWDS[1] {
        let contender = contender(&store, n).await;
        if n % 2 == 0 {
            stores.push(contender);
        } else {
            if scripts.is_none() {
                scripts = Some(Scripts::of(&client, &contender).await);
            }
            let bare = Bare::beside(&contender, connection.clone(), scripts.as_ref().unwrap());
            bares.push(bare.await);
        }
    }
    (stores, bares)
}

async fn contender(store: &RedisSessionStore, n: u64) -> Store {
    let record = record(n).build();
    _ = store.create(&record).await.unwrap();
    let new = RecordBuilder::from(record.clone()).id(id(10_000 + n));
    Store {
        store: store.clone(),
        new: new.build(),
        record,
    }
}

async fn like_that_of_the_store(client: &Client) -> MultiplexedConnection {
    let info = client.get_connection_info().clone();
    let info = info.set_tcp_settings(TcpSettings::default().set_nodelay(true));
    let client = Client::open(info).unwrap();
    client.get_multiplexed_async_connection().await.unwrap()
}

/// Returns the share in percent: the median over all rounds.
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
