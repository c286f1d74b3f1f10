//! What a store says of its servers when it starts.

use std::fmt::Debug;
use std::sync::{Arc, Mutex};

use redis::cmd;
use session::store::StoreErrorKind;
use session_redis::RedisSessionStore;
use test_servers::{Cluster, Database, Server, Setup};
use tracing::field::Field;
use tracing::subscriber::DefaultGuard;
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, SubscriberExt};

use crate::support::printed;

/// Everything that this thread logs.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<(Level, String)>>>);

impl Log {
    fn listen() -> (Self, DefaultGuard) {
        let log = Self::default();
        let subscriber = tracing_subscriber::registry().with(log.clone());
        (log, tracing::subscriber::set_default(subscriber))
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
    let builder = redis::cluster::ClusterClient::builder(cluster.urls());
    RedisSessionStore::cluster(builder).await.unwrap();
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
    let builder = redis::cluster::ClusterClient::builder([url]);
    let error = RedisSessionStore::cluster(builder).await.unwrap_err();
    assert_eq!(
        error.kind(),
        StoreErrorKind::Unavailable,
        "{}",
        printed(&error)
    );
}
