//! A master with a replica, found by sentinels.

use std::sync::OnceLock;

use session_redis::{Password, RedisMode, RedisSessionConfig, RedisSessionStore, RedisUrl};
use test_servers::{Database, Watched};

use crate::support::unique_prefix;

/// The servers that all tests share. They end with this process.
fn config() -> &'static RedisSessionConfig {
    static WATCHED: OnceLock<(Watched, RedisSessionConfig)> = OnceLock::new();
    let (_, config) = WATCHED.get_or_init(|| {
        let mut watched = Watched::start(Database::Redis).unwrap();
        let password = watched.master().unwrap().password().to_owned();
        let mut config = RedisSessionConfig::default();
        config.mode = RedisMode::Sentinel;
        config.master_name = Some(watched.name().to_owned());
        config.sentinel_password = Some(Password::new(password));
        let urls = watched.urls().into_iter();
        config.urls = urls.map(|url| url.parse::<RedisUrl>().unwrap()).collect();
        (watched, config)
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
