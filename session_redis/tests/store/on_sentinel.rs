//! A master with a replica, found by sentinels.

use std::sync::OnceLock;

use session_redis::{Password, RedisMode, RedisSessionConfig, RedisSessionStore, RedisUrl};
use test_servers::{Database, SentinelSetup};

use crate::support::unique_prefix;

/// The servers that all tests share. They end with this process.
fn config() -> &'static RedisSessionConfig {
    static SERVERS: OnceLock<(SentinelSetup, RedisSessionConfig)> = OnceLock::new();
    let (_, config) = SERVERS.get_or_init(|| {
        let mut servers = SentinelSetup::start(Database::Redis).unwrap();
        let password = servers.master().unwrap().password().to_owned();
        let mut config = RedisSessionConfig::default();
        config.mode = RedisMode::Sentinel;
        config.master_name = Some(servers.name().to_owned());
        config.sentinel_password = Some(Password::new(password));
        let urls = servers.urls().into_iter();
        config.urls = urls.map(|url| url.parse::<RedisUrl>().unwrap()).collect();
        (servers, config)
    });
    config
}

async fn store() -> RedisSessionStore {
    let config = tokio::task::spawn_blocking(config).await.unwrap();
    let store = RedisSessionStore::from_config(config).await;
    store
        .expect("the servers run")
        .with_prefix(&unique_prefix())
}

mod conformance {
    session_conformance::test_suite!(super::store().await);
}
