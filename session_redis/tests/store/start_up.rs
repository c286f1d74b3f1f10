//! What a store says of its servers when it starts.

use std::fmt::Debug;
use std::sync::{Arc, Mutex};

use redis::cmd;
use session::store::{
    Extension, ReplaceOutcome, SessionStorageBackend, StoreErrorKind, TouchOutcome,
};
use session_conformance::{RecordBuilder, after, principal};
use session_redis::RedisSessionStore;
use test_servers::{Cluster, Database, Server, Setup};
use tracing::field::Field;
use tracing::subscriber::DefaultGuard;
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, SubscriberExt};

use crate::support::{clients, listen, printed};

/// Everything that this thread logs.
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
    crate::support::store_at(&server.url()).await;
    log.of(Level::WARN)
}

#[tokio::test]
async fn a_server_that_keeps_sessions_is_not_spoken_of() {
    let server = Server::start(Database::Redis).unwrap();
    assert_eq!(warnings(&server).await, Vec::<String>::new());
    let setup = Setup::of(Database::Redis).without_durability();
    let server = setup.with("save 300 1").start().unwrap();
    assert_eq!(
        warnings(&server).await,
        Vec::<String>::new(),
        "snapshots are something"
    );
}

#[tokio::test]
async fn a_policy_that_evicts_sessions_is_named() {
    for policy in ["allkeys-lru", "volatile-ttl", "volatile-lru"] {
        let setup = Setup::of(Database::Redis).with(format!("maxmemory-policy {policy}"));
        let server = setup.start().unwrap();
        let warnings = warnings(&server).await;
        assert_eq!(warnings.len(), 1, "{warnings:?}");
        assert!(warnings[0].contains(&format!("`maxmemory-policy` is `{policy}`")));
    }
}

#[tokio::test]
async fn missing_persistence_is_named() {
    let server = Setup::of(Database::Redis)
        .without_durability()
        .start()
        .unwrap();
    let warnings = warnings(&server).await;
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(
        warnings[0].contains("`appendonly no`, `save \"\"`"),
        "{warnings:?}"
    );
}

/// As providers do who run Redis for others.
#[tokio::test]
async fn a_server_that_tells_no_settings_is_used_all_the_same() {
    for (forbidden, said) in [("-config", "`CONFIG GET save`"), ("-info", "`INFO`")] {
        let setup = Setup::of(Database::Redis).without_durability();
        let server = setup.start().unwrap();
        let mut acl = cmd("ACL");
        acl.arg("SETUSER")
            .arg("shop")
            .arg("on")
            .arg(">open-sesame")
            .arg("~*")
            .arg("+@all");
        acl.arg(forbidden)
            .exec(&mut server.redis().unwrap())
            .unwrap();
        let (log, _guard) = Log::listen();
        let url = format!("redis://shop:open-sesame@{}", server.address());
        crate::support::store_at(&url).await;
        assert_eq!(log.of(Level::WARN), Vec::<String>::new());
        let told = log.of(Level::DEBUG);
        assert!(told.iter().any(|text| text.contains(said)), "{told:?}");
    }
}

#[tokio::test]
async fn each_master_of_a_cluster_is_asked() {
    let setup = Setup::of(Database::Redis).with("maxmemory-policy allkeys-lru");
    let cluster = Cluster::start_with(&setup, 3, 0).unwrap();
    let (log, _guard) = Log::listen();
    RedisSessionStore::cluster(clients(&cluster.urls()))
        .await
        .unwrap();
    let warnings = log.of(Level::WARN);
    assert_eq!(warnings.len(), 3, "{warnings:?}");
    for url in cluster.urls() {
        let address = url
            .rsplit('@')
            .next()
            .unwrap()
            .trim_end_matches('/')
            .to_owned();
        assert!(
            warnings.iter().any(|text| text.contains(&address)),
            "{address}: {warnings:?}"
        );
    }
}

#[tokio::test]
async fn who_is_not_let_in_gets_an_error_without_the_password() {
    let server = Setup::of(Database::Redis)
        .without_durability()
        .start()
        .unwrap();
    for user in [":open-sesame@", "shop:open-sesame@", ""] {
        let client = redis::Client::open(format!("redis://{user}{}", server.address()));
        let error = RedisSessionStore::connect(client.unwrap())
            .await
            .unwrap_err();
        let printed = printed(&error);
        assert_eq!(error.kind(), StoreErrorKind::Unavailable, "{printed}");
        assert!(!printed.contains("sesame"), "{printed}");
    }
}

#[tokio::test]
async fn where_nobody_listens_there_is_no_store() {
    let server = Setup::of(Database::Redis)
        .without_durability()
        .start()
        .unwrap();
    let url = server.url();
    drop(server);
    let client = redis::Client::open(url.clone()).unwrap();
    let error = RedisSessionStore::connect(client).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Unavailable);
    let error = RedisSessionStore::cluster(clients(&[url]))
        .await
        .unwrap_err();
    assert_eq!(
        error.kind(),
        StoreErrorKind::Unavailable,
        "{}",
        printed(&error)
    );
}

/// What Redis says of a command that it does not know begins with the arguments.
#[tokio::test]
async fn an_error_that_quotes_a_command_is_not_passed_on() {
    let setup = Setup::of(Database::Redis).with("rename-command SET \"\"");
    let server = setup.with("rename-command GET \"\"").start().unwrap();
    let store = crate::support::store_at(&server.url()).await;
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

/// The line of the documentation.
const RIGHTS: &str = "~session:* +get +set +unlink +getrange +setrange +pexpireat +eval +evalsha +zadd +zrange +zrem \
                      +zremrangebyscore +pttl +time +scan +ping +info +config|get +cluster|slots +asking";

#[tokio::test]
async fn the_rights_that_the_documentation_names_suffice() {
    let documentation = include_str!("../../src/lib.rs");
    assert!(documentation.contains(RIGHTS));
    let server = Server::start(Database::Redis).unwrap();
    allow(&server);
    let url = format!("redis://shop:open-sesame@{}", server.address());
    let store = crate::support::store_at(&url).await;
    each_operation(&store).await;
    let other = store.with_prefix(&"other:".parse().unwrap());
    let error = other.load(session_conformance::id(1)).await.unwrap_err();
    assert_eq!(
        error.kind(),
        StoreErrorKind::Unavailable,
        "{}",
        printed(&error)
    );
}

#[tokio::test]
async fn so_they_do_on_a_cluster() {
    let mut cluster = Cluster::start(Database::Redis, 3, 0).unwrap();
    let mut urls = vec![];
    for number in 0..3 {
        let node = cluster.node(number);
        allow(node);
        urls.push(format!("redis://shop:open-sesame@{}", node.address()));
    }
    let store = RedisSessionStore::cluster(clients(&urls)).await.unwrap();
    each_operation(&store).await;
}

fn allow(server: &Server) {
    let mut acl = cmd("ACL");
    acl.arg("SETUSER").arg("shop").arg("on").arg(">open-sesame");
    acl.arg(RIGHTS.split(' ').collect::<Vec<_>>());
    acl.exec(&mut server.redis().unwrap()).unwrap();
}

async fn each_operation(store: &RedisSessionStore) {
    let owner = principal("ada");
    for n in 0..20 {
        let record = RecordBuilder::complete(n).principal("ada").build();
        _ = store.create(&record).await.unwrap();
        let mut newer = record.clone();
        Arc::make_mut(&mut newer).revision = record.revision.next();
        let outcome = store.replace(&newer, record.revision).await.unwrap();
        assert_eq!(outcome, ReplaceOutcome::Replaced);
        let extension = Extension {
            last_active_at: after(60),
            expires_at: after(60_000_000),
        };
        let outcome = store.touch(record.id, extension).await.unwrap();
        assert_eq!(outcome, TouchOutcome::Touched);
        assert!(store.load(record.id).await.unwrap().is_some());
    }
    assert_eq!(store.sessions_of(&owner).await.unwrap().len(), 20);
    store.delete(session_conformance::id(1)).await.unwrap();
    let all = std::num::NonZeroU32::MAX;
    assert_eq!(store.delete_expired(after(1), all).await.unwrap(), 0);
    assert_eq!(store.delete_all_of(&owner, None).await.unwrap(), 19);
}
