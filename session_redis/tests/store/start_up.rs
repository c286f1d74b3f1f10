//! The checks of servers when a store connects.

use std::fmt::Debug;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex};

use redis::cmd;
use session::store::{
    CreateOutcome, DeletionStep, Extension, Page, ReplaceOutcome, SessionStorageBackend,
    StoreErrorKind, TouchOutcome,
};
use session_conformance::{RecordBuilder, after, id, principal};
use session_redis::{RedisSessionConfig, RedisSessionStore, RedisUrl};
use test_servers::{Cluster, Database, Server, Setup};
use time::UtcDateTime;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tracing::field::Field;
use tracing::subscriber::DefaultGuard;
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, SubscriberExt};

use crate::support::{clients, listen, printed, server, store_at, successor};

/// The events of this crate in this thread.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<(Level, String)>>>);

impl Log {
    fn listen() -> (Self, DefaultGuard) {
        let log = Self::default();
        let subscriber = tracing_subscriber::registry().with(log.clone());
        (log, listen(subscriber))
    }

    fn of(&self, level: Level) -> Vec<String> {
        let events = self.0.lock().unwrap();
        let of_level = events.iter().filter(|event| event.0 == level);
        of_level.map(|event| event.1.clone()).collect()
    }
}

impl<S: Subscriber> Layer<S> for Log {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if event.metadata().target().starts_with("session_redis") {
            let mut text = String::new();
            event.record(&mut |field: &Field, value: &dyn Debug| {
                text += &format!("{field}={value:?} ")
            });
            self.0
                .lock()
                .unwrap()
                .push((*event.metadata().level(), text));
        }
    }
}

async fn warnings(server: &Server) -> Vec<String> {
    let (log, _guard) = Log::listen();
    store_at(&server.url()).await;
    log.of(Level::WARN)
}

#[tokio::test]
async fn a_server_that_keeps_sessions_causes_no_warning() {
    let durable = Server::start(Database::Redis).unwrap();
    assert_eq!(warnings(&durable).await, Vec::<String>::new());
    let setup = Setup::of(Database::Redis).without_durability();
    let with_snapshots = setup.with("save 300 1").start().unwrap();
    assert_eq!(warnings(&with_snapshots).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_policy_that_would_evict_sessions_causes_a_warning_with_its_name() {
    for policy in ["allkeys-lru", "volatile-ttl", "volatile-lru"] {
        let setup = Setup::of(Database::Redis).with(format!("maxmemory-policy {policy}"));
        let server = setup.start().unwrap();
        let warnings = warnings(&server).await;
        assert_eq!(warnings.len(), 1, "{warnings:?}");
        assert!(warnings[0].contains(&format!("`maxmemory-policy` is `{policy}`")));
    }
}

#[tokio::test]
async fn a_server_that_evicts_sessions_is_refused_unless_the_configuration_accepts_it() {
    for policy in ["allkeys-random", "volatile-ttl"] {
        let setup = Setup::of(Database::Redis).with(format!("maxmemory-policy {policy}"));
        let server = setup.with("maxmemory 100mb").start().unwrap();
        let client = redis::Client::open(server.url()).unwrap();
        let error = printed(&RedisSessionStore::connect(client).await.unwrap_err());
        let policy = format!("`maxmemory-policy` is `{policy}`");
        for part in [
            &policy,
            "noeviction",
            "`session_redis.accept_eviction: true`",
        ] {
            assert!(error.contains(part), "{part} in {error}");
        }
        let mut config = RedisSessionConfig::from(server.url().parse::<RedisUrl>().unwrap());
        assert!(RedisSessionStore::from_config(&config).await.is_err());
        config.accept_eviction = true;
        let (log, _guard) = Log::listen();
        RedisSessionStore::from_config(&config).await.unwrap();
        let warnings = log.of(Level::WARN);
        assert!(warnings[0].contains(&policy), "{warnings:?}");
    }
}

#[tokio::test]
async fn missing_persistence_causes_a_warning_with_the_settings() {
    let warnings = warnings(&server()).await;
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    let settings = "`appendonly no`, `save \"\"`";
    assert!(warnings[0].contains(settings), "{warnings:?}");
}

/// Providers of Redis forbid these commands.
#[tokio::test]
async fn a_server_that_hides_its_settings_is_used_and_a_warning_says_what_was_not_checked() {
    for (forbidden, level, named) in [
        ("-config", Level::DEBUG, "`CONFIG GET save`"),
        ("-info", Level::WARN, "the right `+info`"),
    ] {
        let server = server();
        let mut acl = cmd("ACL");
        acl.arg("SETUSER").arg("shop").arg("on").arg(">open-sesame");
        acl.arg("~*").arg("+@all").arg(forbidden);
        acl.exec(&mut server.redis().unwrap()).unwrap();
        let (log, _guard) = Log::listen();
        let url = format!("redis://shop:open-sesame@{}", server.address());
        store_at(&url).await;
        let warnings = log.of(Level::WARN);
        assert_eq!(warnings.len(), usize::from(level == Level::WARN));
        let details = log.of(level);
        let is_named = details.iter().any(|text| text.contains(named));
        assert!(is_named, "{details:?}");
    }
}

#[tokio::test]
async fn a_server_without_info_is_used_and_a_warning_says_what_was_not_checked() {
    let setup = Setup::of(Database::Redis).without_durability();
    let server = setup.with("rename-command INFO \"\"").start().unwrap();
    let warnings = warnings(&server).await;
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].contains("the right `+info`"), "{warnings:?}");
}

/// A server that is refused at the next start must not be used at this one.
#[tokio::test]
async fn an_error_of_info_is_that_of_the_start_unless_it_is_a_refusal() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("redis://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        loop {
            let (client, _) = listener.accept().await.unwrap();
            tokio::spawn(serve_without_info(client));
        }
    });
    let store = RedisSessionStore::connect(redis::Client::open(url).unwrap()).await;
    let error = store.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Unavailable);
    assert!(printed(&error).contains("LOADING"), "{}", printed(&error));
}

/// Fails at each `INFO`, and accepts everything else.
async fn serve_without_info(mut client: TcpStream) {
    let mut commands = [0; 4096];
    while let Ok(length @ 1..) = client.read(&mut commands).await {
        let commands = String::from_utf8_lossy(&commands[..length]);
        for command in commands.split('*').skip(1) {
            let answer = match command {
                it if it.contains("\r\nINFO\r\n") => "-LOADING it reads its data\r\n",
                it if it.contains("\r\nUNLINK\r\n") => ":0\r\n",
                _ => "+OK\r\n",
            };
            client.write_all(answer.as_bytes()).await.unwrap();
        }
    }
}

#[tokio::test]
async fn without_the_right_to_info_only_the_walks_through_all_sessions_fail() {
    let server = server();
    let mut acl = cmd("ACL");
    acl.arg("SETUSER").arg("shop").arg("on").arg(">open-sesame");
    acl.arg("~*").arg("+@all").arg("-info");
    acl.exec(&mut server.redis().unwrap()).unwrap();
    let url = format!("redis://shop:open-sesame@{}", server.address());
    let store = store_at(&url).await;
    let record = RecordBuilder::new(1).principal("ada").build();
    assert_eq!(store.create(&record).await.unwrap(), CreateOutcome::Created);
    assert!(store.load(id(1)).await.unwrap().is_some());
    let page = Page::first(NonZeroU32::MAX);
    assert_eq!(
        store
            .sessions_of(&principal("ada"), page)
            .await
            .unwrap()
            .len(),
        1
    );
    let deletion = store
        .delete_created_until(record.created_at, NonZeroU32::MAX, None)
        .await;
    let list = store.all_sessions(NonZeroU32::MAX, None).await;
    for error in [deletion.unwrap_err(), list.unwrap_err()] {
        let printed = printed(&error);
        assert!(
            printed.contains("see \"Rights\" in the documentation"),
            "{printed}"
        );
    }
    assert!(store.delete(id(1), None).await.unwrap());
}

#[tokio::test]
async fn each_master_of_a_cluster_is_checked() {
    let setup = Setup::of(Database::Redis).with("maxmemory-policy allkeys-lru");
    let mut cluster = Cluster::start_with(&setup, 3, 0).unwrap();
    let (log, _guard) = Log::listen();
    let store = RedisSessionStore::cluster(clients(&cluster.urls())).await;
    drop(store.unwrap());
    let warnings = log.of(Level::WARN);
    assert_eq!(warnings.len(), 3, "{warnings:?}");
    for number in 0..3 {
        let address = cluster.node(number).address().to_string();
        let is_named = warnings.iter().any(|text| text.contains(&address));
        assert!(is_named, "{address}: {warnings:?}");
    }
}

#[tokio::test]
async fn a_refusal_of_access_is_an_error_without_the_password() {
    let server = server();
    for user in [":open-sesame@", "shop:open-sesame@", ""] {
        let client = redis::Client::open(format!("redis://{user}{}", server.address()));
        let store = RedisSessionStore::connect(client.unwrap()).await;
        let error = store.unwrap_err();
        let printed = printed(&error);
        assert_eq!(error.kind(), StoreErrorKind::Unavailable, "{printed}");
        assert!(!printed.contains("sesame"), "{printed}");
    }
}

#[tokio::test]
async fn a_server_that_does_not_run_is_unavailable() {
    let server = server();
    let url = server.url();
    drop(server);
    let client = redis::Client::open(url.clone()).unwrap();
    for store in [
        RedisSessionStore::connect(client).await,
        RedisSessionStore::cluster(clients(&[url])).await,
    ] {
        let error = store.unwrap_err();
        let kind = error.kind();
        assert_eq!(kind, StoreErrorKind::Unavailable, "{}", printed(&error));
    }
}

/// A replica that accepts writes loses them when it synchronises with its master again.
#[tokio::test]
async fn a_replica_is_refused_with_a_step_that_changes_it() {
    for read_only in ["yes", "no"] {
        let (_master, replica) = replica(read_only);
        let client = redis::Client::open(replica.url()).unwrap();
        let error = RedisSessionStore::connect(client).await.unwrap_err();
        let printed = printed(&error);
        assert_eq!(error.kind(), StoreErrorKind::Unavailable, "{printed}");
        assert!(printed.contains("is a replica"), "{printed}");
        assert!(printed.contains("the URL of its master"), "{printed}");
    }
}

#[tokio::test]
async fn a_node_of_a_cluster_is_refused_as_a_single_server_with_the_mode_to_set() {
    let mut cluster = Cluster::start(Database::Redis, 1, 0).unwrap();
    let url = cluster.node(0).url();
    let client = || redis::Client::open(url.as_str()).unwrap();
    let manager = client().get_connection_manager().await.unwrap();
    let config = RedisSessionConfig::from(url.parse::<RedisUrl>().unwrap());
    let configured = RedisSessionStore::from_config(&config).await.unwrap_err();
    for error in [
        printed(&RedisSessionStore::connect(client()).await.unwrap_err()),
        printed(&RedisSessionStore::new(manager).await.unwrap_err()),
        printed(&configured),
    ] {
        for part in [
            "the server is a node of a cluster",
            "set `session_redis.mode: cluster`",
            "`RedisSessionStore::cluster`",
        ] {
            assert!(error.contains(part), "{part} in {error}");
        }
    }
    RedisSessionStore::cluster([client()]).await.unwrap();
}

#[tokio::test]
async fn a_read_only_replica_that_hides_its_role_is_refused() {
    let (_master, replica) = replica("yes");
    let mut acl = cmd("ACL");
    acl.arg("SETUSER").arg("shop").arg("on").arg(">open-sesame");
    acl.arg("~*").arg("+@all").arg("-info");
    acl.exec(&mut replica.redis().unwrap()).unwrap();
    let url = format!("redis://shop:open-sesame@{}", replica.address());
    let client = redis::Client::open(url).unwrap();
    let error = RedisSessionStore::connect(client).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Unavailable);
    assert!(
        printed(&error).to_lowercase().contains("read"),
        "{}",
        printed(&error)
    );
}

/// Starts a master and a replica of it.
fn replica(read_only: &str) -> (Server, Server) {
    let (master, replica) = (server(), server());
    let mut connection = replica.redis().unwrap();
    let mut config = cmd("CONFIG");
    config.arg("SET").arg("replica-read-only").arg(read_only);
    config.exec(&mut connection).unwrap();
    let mut replicaof = cmd("REPLICAOF");
    replicaof.arg("127.0.0.1").arg(master.address().port());
    replicaof.exec(&mut connection).unwrap();
    (master, replica)
}

/// The server's error for an unknown command quotes the arguments.
#[tokio::test]
async fn an_error_that_quotes_a_command_is_not_passed_on() {
    let setup = Setup::of(Database::Redis).with("rename-command SET \"\"");
    let server = setup.with("rename-command GET \"\"").start().unwrap();
    let store = store_at(&server.url()).await;
    let record = RecordBuilder::complete(1).without_principal().build();
    for error in [
        store.create(&record).await.unwrap_err(),
        store.load(record.id).await.unwrap_err(),
    ] {
        let printed = printed(&error);
        assert!(!printed.contains(&record.id.to_string()), "{printed}");
        assert!(!printed.contains("args"), "{printed}");
    }
}

/// A part of the documentation.
const RIGHTS: &str = "~session:* +get +set +unlink +getrange +setrange +pexpireat +eval +evalsha \
                      +zadd +zrange +zrem +zremrangebyscore +pttl +time +scan +ping +info \
                      +config|get +select +cluster|slots +cluster|nodes +asking";

#[tokio::test]
async fn the_documented_rights_suffice_on_one_server() {
    let documentation = include_str!("../../src/lib.rs");
    assert!(documentation.contains(RIGHTS));
    let server = Server::start(Database::Redis).unwrap();
    allow(&server);
    let url = format!("redis://shop:open-sesame@{}", server.address());
    run_each_operation(&store_at(&format!("{url}/1")).await).await;
    let store = store_at(&url).await;
    run_each_operation(&store).await;
    let other = store.with_prefix(&"other:".parse().unwrap());
    let error = other.load(id(1)).await.unwrap_err();
    let kind = error.kind();
    assert_eq!(kind, StoreErrorKind::Unavailable, "{}", printed(&error));
}

#[tokio::test]
async fn the_documented_rights_suffice_on_a_cluster() {
    let mut cluster = Cluster::start(Database::Redis, 3, 0).unwrap();
    let mut urls = vec![];
    for number in 0..3 {
        let node = cluster.node(number);
        allow(node);
        urls.push(format!("redis://shop:open-sesame@{}", node.address()));
    }
    let store = RedisSessionStore::cluster(clients(&urls)).await.unwrap();
    run_each_operation(&store).await;
}

fn allow(server: &Server) {
    let mut acl = cmd("ACL");
    acl.arg("SETUSER").arg("shop").arg("on").arg(">open-sesame");
    acl.arg(RIGHTS.split(' ').collect::<Vec<_>>());
    acl.exec(&mut server.redis().unwrap()).unwrap();
}

async fn run_each_operation(store: &RedisSessionStore) {
    let owner = principal("ada");
    for n in 0..20 {
        let record = RecordBuilder::complete(n).principal("ada").build();
        _ = store.create(&record).await.unwrap();
        let next = successor(&record).build();
        let outcome = store.replace(&next, record.revision).await.unwrap();
        assert_eq!(outcome, ReplaceOutcome::Replaced);
        let extension = Extension {
            last_active_at: after(60),
            expires_at: after(60_000_000),
        };
        let outcome = store
            .touch(record.id, &record.secret, extension)
            .await
            .unwrap();
        assert_eq!(outcome, TouchOutcome::Touched);
        assert!(store.load(record.id).await.unwrap().is_some());
    }
    assert_eq!(
        store.sessions_of(&owner, Page::ALL).await.unwrap().len(),
        20
    );
    store.delete(id(1), None).await.unwrap();
    let all = std::num::NonZeroU32::MAX;
    assert_eq!(store.delete_expired(after(1), all).await.unwrap(), 0);
    let walk = store.all_sessions(all, None).await.unwrap();
    assert_eq!((walk.sessions.len(), walk.next), (19, None));
    let step = store
        .delete_created_until(UtcDateTime::UNIX_EPOCH, all, None)
        .await;
    let nothing = DeletionStep {
        deleted: 0,
        next: None,
    };
    assert_eq!(step.unwrap(), nothing);
    let origin = &RecordBuilder::complete(2).build().origin.unwrap();
    assert_eq!(store.delete_all_of_origin(origin).await.unwrap(), 1);
    assert_eq!(store.delete_all_of(&owner, None).await.unwrap(), 18);
}
