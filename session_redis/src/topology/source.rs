use std::sync::Arc;

use futures_util::future::select_ok;
use redis::aio::MultiplexedConnection;
use redis::sentinel::SentinelClient;
use redis::{AsyncConnectionConfig, Client, RedisResult};

use super::limits::{Limits, limited};

/// The server that connections are made to.
#[derive(Clone)]
pub(super) enum Source {
    Server(Box<Client>),
    /// The master that sentinels find, which may be another one each time.
    ///
    /// Each connection has new clients. A client keeps its connection to the sentinel, which
    /// belongs to the runtime that has opened it.
    Sentinels(NewSentinelClients),
}

/// Makes a client for each sentinel. There is at least one.
pub(crate) type NewSentinelClients =
    Arc<dyn Fn() -> RedisResult<Vec<SentinelClient>> + Send + Sync>;

impl Source {
    /// Makes a connection, without a time limit for its answers.
    pub(super) async fn connect(&self, limits: Limits) -> RedisResult<MultiplexedConnection> {
        #[cfg(feature = "tls")]
        choose_cryptography();
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(None)
            .set_response_timeout(None);
        match self {
            Self::Server(client) => {
                let connection = client.get_multiplexed_async_connection_with_config(&config);
                limited(limits.connect, connection).await
            }
            Self::Sentinels(new_clients) => {
                let connection = connect_to_master(new_clients()?, &config);
                limited(limits.search(), connection).await
            }
        }
    }
}

/// Asks all sentinels at once, and connects to the first master that is found.
///
/// One client for all of them would ask one after the other. It would wait for a silent one for a
/// second, whatever the limits are.
async fn connect_to_master(
    sentinels: Vec<SentinelClient>,
    config: &AsyncConnectionConfig,
) -> RedisResult<MultiplexedConnection> {
    let answers = sentinels
        .into_iter()
        .map(|mut sentinel| Box::pin(async move { sentinel.async_get_client().await }));
    let (master, _others) = select_ok(answers).await?;
    master
        .get_multiplexed_async_connection_with_config(config)
        .await
}

/// Makes `ring` the cryptography of the process, unless the application has chosen another one:
/// `rustls` panics without.
#[cfg(feature = "tls")]
fn choose_cryptography() {
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        // Fails if another thread has been faster, which serves as well.
        _ = rustls::crypto::ring::default_provider().install_default();
    }
}
