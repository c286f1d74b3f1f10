//! A master with a replica, found by sentinels.

use std::net::TcpListener;
use std::sync::OnceLock;
use std::time::Duration;

use session::store::SessionStorageBackend;
use session_conformance::id;
use session_redis::{Password, RedisMode, RedisSessionConfig, RedisSessionStore, RedisUrl};
use test_servers::{Database, SentinelSetup};

use crate::support::unique_prefix;

/// The servers that all tests share. They end with this process.
fn servers() -> &'static (SentinelSetup, RedisSessionConfig) {
    static SERVERS: OnceLock<(SentinelSetup, RedisSessionConfig)> = OnceLock::new();
    SERVERS.get_or_init(|| {
        // No master dies here, and a busy machine may stop one for seconds.
        let dead_after = Duration::from_secs(60);
        let mut servers = SentinelSetup::start(Database::Redis, dead_after).unwrap();
        let password = servers.master().unwrap().password().to_owned();
        let mut config = RedisSessionConfig::default();
        config.mode = RedisMode::Sentinel;
        config.master_name = Some(servers.name().to_owned());
        config.sentinel_password = Some(Password::new(password));
        let urls = servers.urls().into_iter();
        config.urls = urls.map(|url| url.parse::<RedisUrl>().unwrap()).collect();
        (servers, config)
    })
}

async fn store() -> RedisSessionStore {
    let (_, config) = tokio::task::spawn_blocking(servers).await.unwrap();
    let store = RedisSessionStore::from_config(config).await;
    store
        .expect("the servers run")
        .with_prefix(&unique_prefix())
}

/// Nobody answers at the first address. A client that asked one after the other would wait for it
/// longer than the limit permits.
#[tokio::test]
async fn a_silent_sentinel_does_not_hide_the_others() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let (servers, config) = tokio::task::spawn_blocking(servers).await.unwrap();
    let url = servers.urls().swap_remove(0);
    let (url_without_port, _) = url.rsplit_once(':').unwrap();
    let port = silent.local_addr().unwrap().port();
    let mut config = config.clone();
    let silent_url = format!("{url_without_port}:{port}");
    config.urls.insert(0, silent_url.parse().unwrap());
    config.connection_timeout = Some(Duration::from_millis(400));
    let store = RedisSessionStore::from_config(&config).await.unwrap();
    assert_eq!(store.load(id(1)).await.unwrap(), None);
}

mod conformance {
    session_conformance::test_suite!(super::store().await);
}
