//! Compares the operations of each store with the same statements by the bare driver, one after the
//! other on one thread. On Redis, the driver calls the script of the store by its hash. On SQLite,
//! it reads and writes through two connections, as the store does.
//!
//! ```text
//! taskset -c 0 cargo run --release -p benches --example driver -- [sqlite postgres mariadb redis]
//! ```
//!
//! All on one processor: otherwise, the system may run the process that serves the one connection
//! on the processor of the client, and the process of the other one elsewhere.
//!
//! Both have a turn in each round. Prints the median times of an operation, and the median of the
//! speeds of the store in relation to the driver.

#![allow(clippy::print_stdout, reason = "this is a command line program")]

#[path = "../../http_bench/src/servers/by_hand/script.rs"]
mod script;

use std::sync::Arc;
use std::time::{Duration, Instant};

use redis::AsyncCommands;
use session::store::{ReplaceOutcome, Revision, SessionRecord, SessionStorageBackend, to_micros};
use session_conformance::{RecordBuilder, id};
use session_redis::{RedisSessionConfig, RedisSessionStore, RedisUrl};
use session_sqlx::SqlSessionConfig;
use session_sqlx::mysql::MySqlSessionStore;
use session_sqlx::postgres::PostgresSessionStore;
use session_sqlx::sqlite::{SqliteSessionStore, connect_options};
use session_sqlx::sqlx::types::Uuid;
use session_sqlx::sqlx::{self, Connection, MySqlConnection, PgConnection, SqliteConnection};
use test_servers::{Database, Server, Setup};

const ROUNDS: u64 = 101;
const OPERATIONS: u64 = 50;

/// The record that the store loads and replaces.
const OURS: u64 = 0;
/// The record that the driver loads and replaces.
const THEIRS: u64 = 1;

/// An error of any part of the measurement.
type Failure = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let named: Vec<String> = std::env::args().skip(1).collect();
    let is_named = |store: &str| named.is_empty() || named.iter().any(|name| name == store);
    println!("| store | operation | store, µs | driver, µs | speed |");
    println!("| --- | --- | ---: | ---: | ---: |");
    if is_named("sqlite") {
        let folder = std::env::temp_dir().join(format!("driver-{}", std::process::id()));
        let file = folder.join("sessions.db");
        let store = SqliteSessionStore::open(&file).await?;
        store.migrate().await?;
        let writer = SqliteConnection::connect_with(&connect_options(&file)).await?;
        // The cache of a connection ends with each write of another one.
        let reader = SqliteConnection::connect_with(&connect_options(&file)).await?;
        measure("sqlite", &store, sqlite(writer, Some(reader))).await?;
        store.close().await;
        std::fs::remove_dir_all(folder)?;
    }
    if is_named("postgres") {
        let server = start(Database::Postgres)?;
        let store = PostgresSessionStore::from_config(&sql(&server)?).await?;
        let driver = PgConnection::connect(&server.url()).await?;
        measure("postgres", &store, postgres(driver, None)).await?;
    }
    if is_named("mariadb") {
        let server = start(Database::MariaDb)?;
        let store = MySqlSessionStore::from_config(&sql(&server)?).await?;
        let driver = MySqlConnection::connect(&server.url()).await?;
        measure("mariadb", &store, mysql(driver, None)).await?;
    }
    if is_named("redis") {
        let server = start(Database::Redis)?;
        let config = RedisSessionConfig::from(server.url().parse::<RedisUrl>()?);
        let store = RedisSessionStore::from_config(&config).await?;
        let client = redis::Client::open(server.url())?;
        let connection = client.get_multiplexed_async_connection().await?;
        _ = store.create(&RecordBuilder::new(THEIRS).build()).await?;
        measure("redis", &store, Redis::new(connection).await?).await?;
    }
    Ok(())
}

fn start(database: Database) -> Result<Server, Failure> {
    Ok(Setup::of(database).without_durability().start()?)
}

fn sql(server: &Server) -> Result<SqlSessionConfig, Failure> {
    Ok(SqlSessionConfig::new(server.url().parse()?))
}

/// The statements of a store, by its driver alone.
trait Driver {
    async fn load(&mut self, id: Uuid) -> Result<(), Failure>;
    async fn create(&mut self, record: &SessionRecord) -> Result<(), Failure>;
    /// Replaces the record, if it has the revision before that of `record`.
    async fn replace(&mut self, record: &SessionRecord) -> Result<(), Failure>;
}

async fn measure(
    name: &str,
    store: &impl SessionStorageBackend,
    mut driver: impl Driver,
) -> Result<(), Failure> {
    let (mut loads, mut creations, mut replacements) = (Vec::new(), Vec::new(), Vec::new());
    for n in [OURS, THEIRS] {
        _ = store.create(&RecordBuilder::new(n).build()).await?;
    }
    for round in 0..ROUNDS {
        let ours = turn(async |_| Ok(_ = store.load(id(OURS)).await?)).await?;
        let theirs = turn(async |_| driver.load(id(THEIRS).as_uuid()).await).await?;
        loads.push((ours, theirs));

        let (first, second) = (new_records(2 * round), new_records(2 * round + 1));
        let ours = turn(async |i| Ok(_ = store.create(&first[i]).await?)).await?;
        let theirs = turn(async |i| driver.create(&second[i]).await).await?;
        creations.push((ours, theirs));

        let (first, second) = (changed(OURS, round), changed(THEIRS, round));
        let ours = turn(async |i| {
            let expected = first[i].revision.as_i64() - 1;
            let outcome = store.replace(&first[i], Revision::from_i64(expected));
            match outcome.await? {
                ReplaceOutcome::Replaced => Ok(()),
                outcome => Err(format!("{outcome:?}").into()),
            }
        });
        let ours = ours.await?;
        let theirs = turn(async |i| driver.replace(&second[i]).await).await?;
        replacements.push((ours, theirs));
    }
    print(name, "load", loads);
    print(name, "create", creations);
    print(name, "replace", replacements);
    Ok(())
}

/// Returns the records of a turn of creations.
fn new_records(turn: u64) -> Vec<Arc<SessionRecord>> {
    let numbers = (0..OPERATIONS).map(|i| 2 + turn * OPERATIONS + i);
    numbers.map(|n| RecordBuilder::new(n).build()).collect()
}

/// Returns the records of a turn of replacements, each with the next revision.
fn changed(n: u64, turn: u64) -> Vec<Arc<SessionRecord>> {
    let record = |i| {
        let revision = 2 + i64::try_from(turn * OPERATIONS + i).unwrap_or(i64::MAX);
        RecordBuilder::new(n).revision(revision).build()
    };
    (0..OPERATIONS).map(record).collect()
}

/// Returns the mean time of the operations of a turn.
async fn turn(
    mut operation: impl AsyncFnMut(usize) -> Result<(), Failure>,
) -> Result<Duration, Failure> {
    let begun = Instant::now();
    for i in 0..usize::try_from(OPERATIONS)? {
        operation(i).await?;
    }
    Ok(begun.elapsed() / u32::try_from(OPERATIONS)?)
}

fn print(store: &str, operation: &str, turns: Vec<(Duration, Duration)>) {
    let median_of = |value: fn(&(Duration, Duration)) -> f64| {
        let mut values: Vec<_> = turns.iter().map(value).collect();
        values.sort_unstable_by(f64::total_cmp);
        values[turns.len() / 2]
    };
    println!(
        "| {store} | {operation} | {:.1} | {:.1} | {:.2} |",
        median_of(|(ours, _)| ours.as_secs_f64() * 1e6),
        median_of(|(_, theirs)| theirs.as_secs_f64() * 1e6),
        median_of(|(ours, theirs)| theirs.as_secs_f64() / ours.as_secs_f64()),
    );
}

/// The columns of a record but its id.
const COLUMNS: &str = "version, revision, secret, secret_issued_at, previous_secret, \
     previous_valid_until, successor, principal, created_at, authenticated_at, last_active_at, \
     expires_at, label, stamp, origin, lifetime, state";

/// Binds the values of all columns but the id.
macro_rules! with_values {
    ($query:expr, $record:expr) => {{
        let (micros, none) = (4_102_444_800_000_000_i64, None::<&[u8]>);
        let query = $query.bind(1_i16).bind($record.revision.as_i64());
        let query = query.bind(&$record.secret.as_bytes()[..]).bind(micros);
        let query = query.bind(none).bind(None::<i64>).bind(none);
        let query = query.bind(none).bind(micros).bind(None::<i64>);
        let query = query.bind(micros).bind(micros);
        let query = query.bind(none).bind(none).bind(none).bind(0_i16);
        query.bind($record.state.as_json().as_bytes())
    }};
}

/// Makes the driver alone of a database, in whose SQL the statements have these parts.
macro_rules! sql_driver {
    ($name:ident, $connection:ty, $greatest:expr, $unless_there:expr, $placeholder:expr) => {
        fn $name(connection: $connection, reader: Option<$connection>) -> impl Driver {
            struct Sql {
                connection: $connection,
                /// The connection for reads, if it is another one, as in the store.
                reader: Option<$connection>,
                load: String,
                create: String,
                replace: String,
            }

            impl Driver for Sql {
                async fn load(&mut self, id: Uuid) -> Result<(), Failure> {
                    let connection = self.reader.as_mut().unwrap_or(&mut self.connection);
                    let row = sqlx::query(&self.load).bind(id);
                    row.fetch_one(connection).await?;
                    Ok(())
                }

                async fn create(&mut self, record: &SessionRecord) -> Result<(), Failure> {
                    let query = sqlx::query(&self.create).bind(record.id.as_uuid());
                    let query = with_values!(query, record);
                    query.execute(&mut self.connection).await?;
                    Ok(())
                }

                async fn replace(&mut self, record: &SessionRecord) -> Result<(), Failure> {
                    let query = with_values!(sqlx::query(&self.replace), record);
                    let query = query.bind(record.id.as_uuid());
                    let query = query.bind(record.revision.as_i64() - 1);
                    let outcome = query.execute(&mut self.connection).await?;
                    match outcome.rows_affected() {
                        1 => Ok(()),
                        rows => Err(format!("{rows} rows were replaced").into()),
                    }
                }
            }

            let placeholder: fn(usize) -> String = $placeholder;
            let values: Vec<_> = (1..=18).map(placeholder).collect();
            let assign = |(column, value)| match column {
                "last_active_at" | "expires_at" => {
                    format!("{column} = {}({column}, {value})", $greatest)
                }
                _ => format!("{column} = {value}"),
            };
            let assignments: Vec<_> = COLUMNS.split(", ").zip(&values).map(assign).collect();
            Sql {
                connection,
                reader,
                load: format!(
                    "SELECT id, {COLUMNS} FROM sessions WHERE id = {}",
                    values[0]
                ),
                create: format!(
                    "INSERT INTO sessions (id, {COLUMNS}) VALUES ({}){}",
                    values.join(", "),
                    $unless_there
                ),
                replace: format!(
                    "UPDATE sessions SET {} WHERE id = {} AND revision = {} AND version <= 1",
                    assignments.join(", "),
                    values[17],
                    placeholder(19),
                ),
            }
        }
    };
}

const NOTHING_IF_THERE: &str = " ON CONFLICT (id) DO NOTHING";

sql_driver!(sqlite, SqliteConnection, "MAX", NOTHING_IF_THERE, |n| {
    format!("?{n}")
});
sql_driver!(mysql, MySqlConnection, "GREATEST", "", |_| "?".to_owned());
sql_driver!(
    postgres,
    PgConnection,
    "GREATEST",
    NOTHING_IF_THERE,
    |n| format!("${n}")
);

struct Redis {
    connection: redis::aio::MultiplexedConnection,
    /// The hash of the script of the store.
    replace: String,
    /// The record that the driver writes, as the store has encoded it.
    value: Vec<u8>,
}

impl Redis {
    /// Takes the record that the store has created for the driver.
    async fn new(mut connection: redis::aio::MultiplexedConnection) -> Result<Self, Failure> {
        let value = connection.get(key(id(THEIRS).as_uuid())).await?;
        Ok(Self {
            connection,
            replace: script::hash(),
            value,
        })
    }
}

impl Driver for Redis {
    async fn load(&mut self, id: Uuid) -> Result<(), Failure> {
        let value: Vec<u8> = self.connection.get(key(id)).await?;
        match value.is_empty() {
            true => Err("there is no such session".into()),
            false => Ok(()),
        }
    }

    async fn create(&mut self, record: &SessionRecord) -> Result<(), Failure> {
        let mut set = redis::cmd("SET");
        set.arg(key(record.id.as_uuid())).arg(&self.value);
        set.arg("NX").arg("PXAT").arg(expiry(record));
        let _: () = set.query_async(&mut self.connection).await?;
        Ok(())
    }

    async fn replace(&mut self, record: &SessionRecord) -> Result<(), Failure> {
        let revision = record.revision.as_i64();
        self.value[1..9].copy_from_slice(&ordered(revision));
        let mut call = redis::cmd("EVALSHA");
        call.arg(&self.replace).arg(1).arg(key(record.id.as_uuid()));
        call.arg(&ordered(revision - 1)).arg(&self.value);
        call.arg(expiry(record))
            .arg(SessionRecord::VERSION)
            .arg(b"");
        let answer: String = call.query_async(&mut self.connection).await?;
        match answer.as_str() {
            "replaced" => Ok(()),
            answer => Err(answer.into()),
        }
    }
}

fn key(id: Uuid) -> Vec<u8> {
    format!("session:{id}").into_bytes()
}

/// Encodes a revision as the store does.
fn ordered(number: i64) -> [u8; 8] {
    (number.cast_unsigned() ^ (1 << 63)).to_be_bytes()
}

/// Returns the millisecond after the deadline.
fn expiry(record: &SessionRecord) -> i64 {
    to_micros(record.expires_at) / 1000 + 1
}
