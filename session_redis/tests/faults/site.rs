//! Stores on servers of their own.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use session::store::SessionStorageBackend;
use session_conformance::{Fixture, Rule};
use session_redis::{RedisSessionConfig, RedisSessionStore};
use test_servers::{Database, Server};

/// Starts a server that loses nothing that it acknowledged.
pub(crate) fn durable() -> Server {
    Server::start(Database::Redis).unwrap()
}

/// Connects a store to a server.
pub(crate) async fn store_at(url: &str) -> RedisSessionStore {
    store(&format!(r#"{{ "url": "{url}" }}"#)).await
}

/// Connects a store by a configuration in JSON.
pub(crate) async fn store(config: &str) -> RedisSessionStore {
    let config: RedisSessionConfig = serde_json::from_str(config).unwrap();
    RedisSessionStore::from_config(&config).await.unwrap()
}

/// Connects a store to a cluster with these nodes.
pub(crate) async fn cluster_store(urls: &[String]) -> RedisSessionStore {
    store(&format!(r#"{{ "mode": "cluster", "urls": {urls:?} }}"#)).await
}

/// Sends a command to the server, and returns the answer.
pub(crate) fn ask<T: redis::FromRedisValue>(server: &Server, command: &str) -> T {
    let mut words = command.split(' ');
    let mut command = redis::cmd(words.next().unwrap());
    command.arg(words.collect::<Vec<_>>());
    command.query(&mut server.redis().unwrap()).unwrap()
}

/// Tests a rule of the contract under a prefix of its own.
pub(crate) async fn check(store: &RedisSessionStore, rule: Rule) {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let prefix = format!("rule-{}:", NEXT.fetch_add(1, Ordering::Relaxed));
    let fixture = Fixture::from(store.with_prefix(&prefix.parse().unwrap()));
    fixture.check(|store| rule.test(store)).await;
}

/// Waits until the store answers. Panics if it does not within the limit.
pub(crate) async fn works_within(limit: Duration, store: &impl SessionStorageBackend) {
    let start = Instant::now();
    let id = session_conformance::id(1);
    while let Err(error) = store.load(id).await {
        assert!(start.elapsed() < limit, "still not good: {error:?}");
    }
}
