#![allow(unreachable_pub, reason = "constants that Pavex generates")]

use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

use super::password::Password;
use super::url::RedisUrl;
use crate::prefix::KeyPrefix;

/// The section `session_redis` of an application's configuration: where its sessions are kept.
///
/// An unknown field is an error. A combination of fields that breaks a rule is an error when the
/// application [starts](crate::RedisSessionStore::from_config). The debug form shows no password.
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
/// A cluster with TLS that demands a certificate of each client. Some of the nodes suffice, since
/// they report the others:
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
/// A master and its replicas, which sentinels watch. The URLs have the hosts of the sentinels, but
/// the user, the password and the database of the servers that they watch:
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
    /// The kind of servers at the URLs. Default: `single`.
    pub mode: RedisMode,
    /// The URL of the one server, or of one node or sentinel.
    pub url: Option<RedisUrl>,
    /// The URLs of several nodes or sentinels, in place of `url`.
    pub urls: Vec<RedisUrl>,
    /// The name under which the sentinels know the master. Only for the mode `sentinel`.
    pub master_name: Option<String>,
    /// The user of the sentinels themselves, if they demand one. Only for the mode `sentinel`.
    pub sentinel_username: Option<String>,
    /// The password of the sentinels themselves, if they demand one. Only for the mode `sentinel`.
    pub sentinel_password: Option<Password>,
    /// The beginning of all keys. Default: `session:`.
    pub prefix: KeyPrefix,
    /// True if the servers may delete sessions before their deadline when their memory is full.
    /// Default: false, so that such a `maxmemory-policy` is an error at the start.
    pub accept_eviction: bool,
    /// Certificates, for URLs with `rediss`. Default: an authority that the operating system trusts
    /// has signed the certificate of the server, and the client has none.
    pub tls: Option<RedisTlsConfig>,
    /// The time limit of connecting, at least a millisecond and shorter than
    /// `session.store.timeout`. Default: one second.
    ///
    /// With sentinels, a connection has twice that: to find the master, and to connect to it. So
    /// the limit must be shorter than half of `session.store.timeout`.
    #[serde(deserialize_with = "session::config::duration::optional::deserialize")]
    pub connection_timeout: Option<Duration>,
    /// The time limit of waiting for an answer, at least a millisecond. Default: one second.
    ///
    /// It must be shorter than `session.store.timeout`. Otherwise the store would never replace a
    /// connection that has fallen silent.
    #[serde(deserialize_with = "session::config::duration::optional::deserialize")]
    pub response_timeout: Option<Duration>,
}

/// Describes one server, with the defaults of all other fields.
impl From<RedisUrl> for RedisSessionConfig {
    fn from(url: RedisUrl) -> Self {
        Self {
            url: Some(url),
            ..Self::default()
        }
    }
}

/// The kind of servers at the URLs of a [`RedisSessionConfig`].
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

/// The certificates of encrypted connections, as paths of PEM files.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct RedisTlsConfig {
    /// The authority that signs the certificates of the servers, in place of those that the
    /// operating system trusts.
    pub ca: Option<PathBuf>,
    /// The certificate of the client, with its chain.
    pub certificate: Option<PathBuf>,
    /// The private key of that certificate.
    pub key: Option<PathBuf>,
}
