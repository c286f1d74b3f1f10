//! The configuration of the store, and the connections that come of it.

mod duration;
mod errors;
mod links;
mod url;

pub use errors::{InvalidRedisConfig, RedisSetupError};
pub use url::RedisUrl;

use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

use crate::KeyPrefix;

/// Where the sessions are kept: the section `session_redis` of the application's configuration.
///
/// An unknown field is an error, and so is a combination that does not fit, when the application
/// [starts](crate::RedisSessionStore::from_config). The debug form shows no password.
///
/// # Example
///
/// One server:
///
/// ```yaml
/// session_redis:
///   url: "redis://:password@localhost:6379/0"
/// ```
///
/// A cluster with TLS, in which each client has a certificate. Some of the nodes suffice; they tell of the others:
///
/// ```yaml
/// session_redis:
///   mode: cluster
///   urls:
///     - "rediss://shop:password@redis-1.internal:6379"
///     - "rediss://shop:password@redis-2.internal:6379"
///   tls:
///     ca: "/etc/shop/ca.pem"
///     certificate: "/etc/shop/client.pem"
///     key: "/etc/shop/client.key"
/// ```
///
/// A master and its replicas, which sentinels watch. The URLs are those of the sentinels; user, password and database
/// are those of the servers that they watch:
///
/// ```yaml
/// session_redis:
///   mode: sentinel
///   master_name: "sessions"
///   urls: ["redis://:password@10.0.0.1:26379", "redis://:password@10.0.0.2:26379"]
/// ```
///
/// ```
/// use session_redis::RedisSessionConfig;
///
/// let json = r#"{ "url": "redis://:open-sesame@localhost", "prefix": "shop:session:" }"#;
/// let config: RedisSessionConfig = serde_json::from_str(json)?;
/// assert_eq!(config.prefix.as_str(), "shop:session:");
/// assert!(!format!("{config:?}").contains("sesame"));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
#[pavex::config(key = "session_redis")]
pub struct RedisSessionConfig {
    /// What is at the URLs. Default: `single`.
    pub mode: RedisMode,
    /// The URL of the one server, or of one node or sentinel.
    pub url: Option<RedisUrl>,
    /// The URLs of several nodes or sentinels, in place of `url`.
    pub urls: Vec<RedisUrl>,
    /// The name under which the sentinels know the master; for `sentinel` only.
    pub master_name: Option<String>,
    /// The user that the sentinels themselves demand, if they do; for `sentinel` only.
    pub sentinel_username: Option<String>,
    /// The password that the sentinels themselves demand, if they do; for `sentinel` only.
    pub sentinel_password: Option<Password>,
    /// What the keys begin with. Default: `session:`.
    pub prefix: KeyPrefix,
    /// Certificates, for URLs with `rediss`. Default: the server's is to be signed by an authority that the operating
    /// system trusts, and the client has none.
    pub tls: Option<RedisTlsConfig>,
    /// How long to wait for a new connection, at least a millisecond. Default: one second.
    #[serde(with = "duration")]
    pub connection_timeout: Option<Duration>,
    /// How long to wait for an answer, at least a millisecond; less than `session.store.timeout`, or a connection that
    /// fell silent is not noticed. Default: one second.
    #[serde(with = "duration")]
    pub response_timeout: Option<Duration>,
}

/// One server, and everything else by default.
impl From<RedisUrl> for RedisSessionConfig {
    fn from(url: RedisUrl) -> Self {
        Self {
            url: Some(url),
            ..Self::default()
        }
    }
}

/// What is at the URLs of a [`RedisSessionConfig`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RedisMode {
    /// One server.
    #[default]
    Single,
    /// Nodes of a cluster.
    Cluster,
    /// Sentinels, which know the master.
    Sentinel,
}

/// Certificates for encrypted connections: paths of PEM files.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct RedisTlsConfig {
    /// The authority that signs the certificates of the servers, in place of those that the operating system trusts.
    pub ca: Option<PathBuf>,
    /// The certificate of the client, with its chain.
    pub certificate: Option<PathBuf>,
    /// The private key of that certificate.
    pub key: Option<PathBuf>,
}

/// A password; its debug form does not show it.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Password(String);

impl Password {
    /// A password.
    pub fn new(password: impl Into<String>) -> Self {
        Self(password.into())
    }

    fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Password(…)")
    }
}
