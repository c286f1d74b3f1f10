use redis::aio::MultiplexedConnection;
use redis::sentinel::SentinelClient;
use redis::{AsyncConnectionConfig, Client, RedisResult};

use super::limits::Limits;

/// The server that connections are made to.
pub(super) enum Source {
    Server(Box<Client>),
    /// The master that these find, which may be another one each time.
    Sentinels(Box<SentinelClient>),
}

impl Source {
    pub(super) async fn connect(&mut self, limits: Limits) -> RedisResult<MultiplexedConnection> {
        #[cfg(feature = "tls")]
        choose_cryptography();
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(limits.connect))
            .set_response_timeout(Some(limits.respond));
        match self {
            Self::Server(client) => {
                client
                    .get_multiplexed_async_connection_with_config(&config)
                    .await
            }
            Self::Sentinels(client) => client.get_async_connection_with_config(&config).await,
        }
    }
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
