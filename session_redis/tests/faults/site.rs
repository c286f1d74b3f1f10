//! Stores and applications on servers of their own.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use session::store::SessionStorageBackend;
use session::testing::TestApp;
use session::{SessionConfig, SessionStore};
use session_conformance::{Fixture, Rule};
use session_redis::{RedisSessionConfig, RedisSessionStore};
use test_servers::{Database, Server};

use crate::load::Load;

/// The time limit of a store operation, as configured in the tests.
pub(crate) const LIMIT: Duration = Duration::from_secs(2);

/// What is added to a limit for the machine's sake.
pub(crate) const MARGIN: Duration = Duration::from_secs(1);

/// An application with that limit.
pub(crate) fn app(store: impl Into<SessionStore>) -> TestApp {
    let mut config = SessionConfig::default();
    config.store.timeout = LIMIT;
    TestApp::with_config(store, &config).unwrap()
}

/// A server that loses nothing.
pub(crate) fn durable() -> Server {
    Server::start(Database::Redis).unwrap()
}

pub(crate) async fn store_at(url: &str) -> RedisSessionStore {
    store(&format!(r#"{{ "url": "{url}" }}"#)).await
}

/// A store as this configuration says, in JSON.
pub(crate) async fn store(config: &str) -> RedisSessionStore {
    let config: RedisSessionConfig = serde_json::from_str(config).unwrap();
    RedisSessionStore::from_config(&config).await.unwrap()
}

/// A store on these nodes of a cluster.
pub(crate) async fn cluster_store(urls: &[String]) -> RedisSessionStore {
    store(&format!(r#"{{ "mode": "cluster", "urls": {urls:?} }}"#)).await
}

/// Waits until each client is served again, without a restart of the application.
pub(crate) async fn all_are_served(load: &Load, limit: Duration) {
    let served = load.all_are_served_since(Instant::now());
    let served = tokio::time::timeout(limit, served).await;
    served.expect("the application recovers");
}

/// A command to the server, and its answer.
pub(crate) fn ask<T: redis::FromRedisValue>(server: &Server, command: &str) -> T {
    let mut words = command.split(' ');
    let mut command = redis::cmd(words.next().unwrap());
    command.arg(words.collect::<Vec<_>>());
    command.query(&mut server.redis().unwrap()).unwrap()
}

/// Tests a rule of the contract in a fresh part of the store.
pub(crate) async fn check(store: &RedisSessionStore, rule: Rule) {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let prefix = format!("rule-{}:", NEXT.fetch_add(1, Ordering::Relaxed));
    let subject = Fixture::from(store.with_prefix(&prefix.parse().unwrap()));
    subject.check(|store| rule.test(store)).await;
}

/// What a store answers as soon as it answers.
pub(crate) async fn works_within(limit: Duration, store: &impl SessionStorageBackend) {
    let start = Instant::now();
    let id = session_conformance::id(1);
    while let Err(error) = store.load(id).await {
        assert!(start.elapsed() < limit, "still not good: {error:?}");
    }
}
