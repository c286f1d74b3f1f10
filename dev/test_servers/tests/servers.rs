//! Servers, clusters and disks from their start to their end.

#![allow(clippy::unwrap_used, reason = "this is a test")]

use std::io::{BufRead, BufReader, Read};
use std::net::{TcpStream, ToSocketAddrs};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use test_servers::{Database, Server, Setup, SmallDisk};

fn start(database: Database) -> Server {
    Setup::of(database).without_durability().start().unwrap()
}

/// `127.0.0.1:<port>`
fn address(url: &str) -> &str {
    let after_password = url.split('@').nth(1).unwrap();
    after_password.split('/').next().unwrap()
}

fn listens(url: &str) -> bool {
    TcpStream::connect(address(url)).is_ok()
}

/// Returns `true` if the server answers a request for TLS, or a ping on Redis.
fn answers(url: &str) -> bool {
    const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];
    let question: &[u8] = match url.starts_with("redis:") {
        true => b"PING\r\n",
        false => &SSL_REQUEST,
    };
    let address = address(url).to_socket_addrs().unwrap().next().unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    let patience = Some(Duration::from_millis(500));
    stream.set_read_timeout(patience).unwrap();
    std::io::Write::write_all(&mut stream, question).unwrap();
    stream.read_exact(&mut [0]).is_ok()
}

fn is_gone_soon(folder: &Path) -> bool {
    holds_soon(|| !folder.exists())
}

fn is_silent_soon(url: &str) -> bool {
    holds_soon(|| !listens(url))
}

fn holds_soon(condition: impl Fn() -> bool) -> bool {
    let start = Instant::now();
    while !condition() && start.elapsed() < Duration::from_secs(10) {
        std::thread::sleep(Duration::from_millis(10));
    }
    condition()
}

fn a_server_leaves_nothing_behind(database: Database) {
    let server = start(database);
    let (url, folder) = (server.url(), server.folder().to_owned());
    assert!(listens(&url) && folder.exists());
    drop(server);
    assert!(!listens(&url) && !folder.exists());
}

fn a_killed_server_comes_back_on_the_same_port(database: Database) {
    let mut server = start(database);
    let url = server.url();
    server.kill().unwrap();
    assert!(!listens(&url));
    assert!(server.kill().is_err(), "it does not run");
    server.restart().unwrap();
    assert!(server.restart().is_err(), "it runs");
    assert_eq!(server.url(), url);
    assert!(answers(&url));
}

fn a_stopped_server_listens_but_answers_only_after_it_is_resumed(database: Database) {
    let server = start(database);
    server.stop().unwrap();
    assert!(!answers(&server.url()));
    server.resume().unwrap();
    assert!(answers(&server.url()));
}

/// Starts the server in a process of its own: this test program with the test [`owner`].
fn a_server_ends_with_the_process_that_started_it(database: Database) {
    let mut owner = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "owner", "--nocapture"])
        .env("OWNER_OF", database.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(owner.stdout.take().unwrap()).lines();
    let mut printed = lines
        .map(Result::unwrap)
        .filter_map(|line| line.strip_prefix("owner: ").map(String::from));
    let url = printed.next().unwrap();
    let folder = PathBuf::from(printed.next().unwrap());
    assert!(folder.exists());
    owner.kill().unwrap();
    owner.wait().unwrap();
    assert!(is_gone_soon(&folder));
    // A large process takes a moment to end.
    assert!(is_silent_soon(&url));
}

/// Starts a server, stops it, prints its URL and folder, and waits to be killed.
#[test]
#[ignore = "run by other tests, in a process of its own"]
#[allow(clippy::print_stdout)]
fn owner() {
    let name = std::env::var("OWNER_OF").unwrap_or_default();
    let mut databases = Database::ALL.into_iter();
    let Some(database) = databases.find(|it| it.to_string() == name) else {
        return;
    };
    let server = start(database);
    server.stop().unwrap();
    println!("\nowner: {}", server.url());
    println!("owner: {}", server.folder().display());
    loop {
        std::thread::park();
    }
}

/// A module of tests for each database.
macro_rules! on {
    ($module:ident, $database:expr, $($test:ident),* $(,)?) => {
        mod $module {
            $(
                #[test]
                fn $test() {
                    super::$test($database);
                }
            )*
        }
    };
}

on!(
    postgres,
    test_servers::Database::Postgres,
    a_server_leaves_nothing_behind,
    a_killed_server_comes_back_on_the_same_port,
    a_stopped_server_listens_but_answers_only_after_it_is_resumed,
    a_server_ends_with_the_process_that_started_it,
);

on!(
    mariadb,
    test_servers::Database::MariaDb,
    a_server_leaves_nothing_behind,
    a_killed_server_comes_back_on_the_same_port,
    a_stopped_server_listens_but_answers_only_after_it_is_resumed,
    a_server_ends_with_the_process_that_started_it,
);

on!(
    redis,
    test_servers::Database::Redis,
    a_server_leaves_nothing_behind,
    a_killed_server_comes_back_on_the_same_port,
    a_stopped_server_listens_but_answers_only_after_it_is_resumed,
    a_server_ends_with_the_process_that_started_it,
);

on!(
    valkey,
    test_servers::Database::Valkey,
    a_server_leaves_nothing_behind,
    a_killed_server_comes_back_on_the_same_port,
    a_stopped_server_listens_but_answers_only_after_it_is_resumed,
    a_server_ends_with_the_process_that_started_it,
);

#[test]
fn a_pooler_is_in_front_of_postgres_and_leaves_nothing_behind() {
    let postgres = start(Database::Postgres);
    let pooler = Setup::pooler(&postgres.url()).unwrap().start().unwrap();
    let (url, folder) = (pooler.url(), pooler.folder().to_owned());
    assert!(answers(&url) && folder.exists());
    drop(pooler);
    assert!(!listens(&url) && !folder.exists());
    assert!(answers(&postgres.url()));
}

#[test]
fn a_key_is_with_the_new_master_after_its_slot_has_moved() {
    let mut cluster = test_servers::Cluster::start(Database::Redis, 3, 0).unwrap();
    let mut first = cluster.node(0).redis().unwrap();
    // The first master has the slot of this key.
    let key = "b";
    let slot: u16 = redis(&mut first, &["CLUSTER", "KEYSLOT", key]);
    assert!(slot < 5_461, "{slot}");
    let _: String = redis(&mut first, &["SET", key, "value"]);
    cluster.migrate(slot, 2, || {}).unwrap();
    let mut third = cluster.node(2).redis().unwrap();
    let value: String = redis(&mut third, &["GET", key]);
    assert_eq!(value, "value");
    cluster.node(0).kill().unwrap();
    cluster.node(0).restart().unwrap();
    cluster.wait_until_whole().unwrap();
}

fn redis<T: ::redis::FromRedisValue>(connection: &mut ::redis::Connection, words: &[&str]) -> T {
    let mut command = ::redis::cmd(words[0]);
    command.arg(&words[1..]).query(connection).unwrap()
}

#[test]
fn sentinels_promote_the_replica_of_a_dead_master() {
    let mut servers =
        test_servers::SentinelSetup::start(Database::Redis, Duration::from_secs(1)).unwrap();
    let master = servers.master().unwrap();
    let port = master.address().port();
    master.kill().unwrap();
    servers.wait_for_another_master(port).unwrap();
    let mut master = servers.master().unwrap().redis().unwrap();
    let _: String = redis(&mut master, &["SET", "key", "value"]);
}

#[test]
fn a_small_disk_refuses_writes_while_it_is_full_and_leaves_nothing_behind() {
    let disk = SmallDisk::mount(1).unwrap();
    let folder = disk.path().to_owned();
    disk.fill().unwrap();
    let ballast = std::fs::File::open(folder.join("ballast")).unwrap();
    assert!(std::fs::write(folder.join("more"), "x").is_err());
    disk.make_room().unwrap();
    std::fs::write(folder.join("more"), "x").unwrap();
    drop(ballast);
    drop(disk);
    assert!(!folder.exists());
}
