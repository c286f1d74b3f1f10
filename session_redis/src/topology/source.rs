use std::sync::Arc;

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
    /// Each connection has a new client. A client keeps its connections to the sentinels, which
    /// belong to the runtime that has opened them.
    Sentinels(NewSentinelClient),
}

/// Makes a client that asks the sentinels.
pub(crate) type NewSentinelClient = Arc<dyn Fn() -> RedisResult<SentinelClient> + Send + Sync>;

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
            // They are asked one after the other, and each may be silent: hence the longer limit.
            Self::Sentinels(new_client) => {
                let mut client = new_client()?;
                let connection = client.get_async_connection_with_config(&config);
                limited(limits.connect * 2, connection).await
            }
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
