use std::net::SocketAddr;
use std::sync::LazyLock;

use app::database::DatabaseUrl;
use pavex::cookie::Key;
use pavex::cookie::config::{CryptoAlgorithm, CryptoRule, FallbackConfig};
use server::configuration::{self, Profile};
use server::{RunningShop, Shop};
use server_sdk::ApplicationConfig;
use session::config::CRYPTO_RULE;
use session::{SessionConfig, SessionStore};
use tokio::runtime::Runtime;

/// The runtime of all shops. That of a test ends with the test, and a listener whose runtime has
/// ended fails over and over.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());

/// A shop in this process, on its own port.
#[derive(Debug)]
pub(crate) struct TestShop {
    pub(crate) address: SocketAddr,
    pub(crate) config: ApplicationConfig,
    running: RunningShop,
}

/// Returns the configuration of the profile `dev`, with a database in memory.
pub(crate) fn dev_config() -> ApplicationConfig {
    let mut config = configuration::load(Profile::Development).unwrap();
    config.database.url = DatabaseUrl::MEMORY;
    config
}

/// Returns [`dev_config`] with the library's default session cookie and a new key.
pub(crate) fn prefixed_config() -> ApplicationConfig {
    let mut config = dev_config();
    config.session.cookie = SessionConfig::default().cookie;
    config.cookies.crypto_rules = vec![rule(Key::generate(), vec![])];
    config
}

/// Returns a rule for the session cookie.
fn rule(key: Key, fallbacks: Vec<Key>) -> CryptoRule {
    CryptoRule {
        cookie_names: vec![CRYPTO_RULE.to_owned()],
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
    /// Opens a shop with [`dev_config`].
    pub(crate) async fn open() -> Self {
        Self::open_with(dev_config(), |shop| shop).await
    }

    /// Opens a shop with [`dev_config`] and that database.
    pub(crate) async fn open_on(database: &str) -> Self {
        let mut config = dev_config();
        config.database.url = database.parse().unwrap();
        Self::open_with(config, |shop| shop).await
    }

    /// Opens a shop with that configuration, after `furnish` has replaced parts of it.
    pub(crate) async fn open_with(
        config: ApplicationConfig,
        furnish: impl FnOnce(Shop) -> Shop,
    ) -> Self {
        Self::furnished(config, async |shop| furnish(shop)).await
    }

    /// Opens a shop with that configuration and that store of sessions.
    pub(crate) async fn open_with_store(config: ApplicationConfig, store: SessionStore) -> Self {
        let furnish = async |shop: Shop| shop.with_session_store(store).await.unwrap();
        Self::furnished(config, furnish).await
    }

    pub(crate) async fn furnished(
        mut config: ApplicationConfig,
        furnish: impl AsyncFnOnce(Shop) -> Shop,
    ) -> Self {
        config.server.port = 0;
        let shop = RUNTIME.spawn(Shop::new(config.clone()));
        let shop = furnish(shop.await.unwrap().unwrap()).await;
        let running = RUNTIME.spawn(shop.open()).await.unwrap().unwrap();
        Self {
            address: running.address(),
            config,
            running,
        }
    }

    /// Returns the name of the session cookie.
    pub(crate) fn cookie_name(&self) -> &str {
        &self.config.session.cookie.name
    }

    pub(crate) async fn close(self) {
        self.running.close().await;
    }
}

/// Returns the configuration with other keys for the session cookie.
pub(crate) fn with_keys(
    mut config: ApplicationConfig,
    key: &Key,
    fallbacks: &[Key],
) -> ApplicationConfig {
    config.cookies.crypto_rules = vec![rule(key.clone(), fallbacks.to_vec())];
    config
}
