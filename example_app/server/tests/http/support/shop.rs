use std::net::SocketAddr;
use std::sync::LazyLock;

use app::database::DatabaseUrl;
use pavex::cookie::Key;
use pavex::cookie::config::{CryptoAlgorithm, CryptoRule, FallbackConfig};
use server::configuration::{self, Profile};
use server::{RunningShop, Shop};
use server_sdk::ApplicationConfig;
use session::SessionConfig;
use tokio::runtime::Runtime;

/// Where all shops run. The runtime of a test ends with it, and a listener without its runtime would fail over and
/// over until the last test has ended.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());

/// A shop of this process, on a port of its own.
#[derive(Debug)]
pub(crate) struct TestShop {
    pub(crate) address: SocketAddr,
    pub(crate) config: ApplicationConfig,
    running: RunningShop,
}

/// The configuration of the profile `dev`, with everything in memory.
pub(crate) fn dev_config() -> ApplicationConfig {
    let mut config = configuration::load(Profile::Development).unwrap();
    config.database.url = DatabaseUrl::MEMORY;
    config
}

/// The configuration of the profile `dev`, but for the session cookie: that has the library's own defaults.
pub(crate) fn prefixed_config() -> ApplicationConfig {
    let mut config = dev_config();
    config.session.cookie = SessionConfig::default().cookie;
    let name = &config.session.cookie.name;
    config.cookies.crypto_rules = vec![rule(name, Key::generate(), vec![])];
    config
}

/// Encryption of the cookie with that name.
fn rule(name: &str, key: Key, fallbacks: Vec<Key>) -> CryptoRule {
    CryptoRule {
        cookie_names: vec![name.to_owned()],
        algorithm: CryptoAlgorithm::Encryption,
        key,
        fallbacks: fallbacks.into_iter().map(fallback).collect(),
    }
}

fn fallback(key: Key) -> FallbackConfig {
    FallbackConfig {
        key,
        algorithm: CryptoAlgorithm::Encryption,
    }
}

impl TestShop {
    /// The shop as a developer has it, but with everything in memory.
    pub(crate) async fn open() -> Self {
        Self::open_with(dev_config(), |shop| shop).await
    }

    /// The shop as a developer has it, with that database.
    pub(crate) async fn open_on(database: &str) -> Self {
        let mut config = dev_config();
        config.database.url = database.parse().unwrap();
        Self::open_with(config, |shop| shop).await
    }

    pub(crate) async fn open_with(
        mut config: ApplicationConfig,
        furnish: impl FnOnce(Shop) -> Shop,
    ) -> Self {
        config.server.port = 0;
        let shop = RUNTIME.spawn(Shop::new(config.clone()));
        let shop = furnish(shop.await.unwrap().unwrap());
        let running = RUNTIME.spawn(shop.open()).await.unwrap().unwrap();
        Self {
            address: running.address(),
            config,
            running,
        }
    }

    /// The name of the session cookie.
    pub(crate) fn cookie_name(&self) -> &str {
        &self.config.session.cookie.name
    }

    pub(crate) async fn close(self) {
        self.running.close().await;
    }
}

/// The configuration with other keys for the session cookie.
pub(crate) fn with_keys(
    mut config: ApplicationConfig,
    key: &Key,
    fallbacks: &[Key],
) -> ApplicationConfig {
    let name = config.session.cookie.name.clone();
    config.cookies.crypto_rules = vec![rule(&name, key.clone(), fallbacks.to_vec())];
    config
}
