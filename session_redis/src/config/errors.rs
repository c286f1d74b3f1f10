use std::io;
use std::path::PathBuf;

use session::StoreError;

/// The configuration of the store breaks a rule.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidRedisConfig {
    /// There is no URL.
    #[error("`session_redis.url` is missing, or `session_redis.urls` for a cluster or sentinels")]
    NoUrl,
    /// There are both.
    #[error("either `session_redis.url` or `session_redis.urls` is to be set, not both")]
    UrlAndUrls,
    /// There are several URLs of one server.
    #[error(
        "`session_redis.urls` has several URLs, and one server has one: use `session_redis.url`, or set \
         `session_redis.mode` to `cluster` or `sentinel`"
    )]
    SeveralUrls,
    /// A URL cannot be read.
    #[error("this is no URL such as \"redis://user:password@host:6379/0\" or \"rediss://host\"")]
    Url,
    /// A URL turns off what TLS is for.
    #[error(
        "the URL ends in `#insecure`, so that anybody could pass for the server: name the authority of its \
         certificate in `session_redis.tls.ca` instead"
    )]
    InsecureUrl,
    /// A URL demands TLS.
    #[error("a URL with `rediss` takes the feature `tls` of the crate `session_redis`")]
    TlsFeature,
    /// Some URLs demand TLS, or none, or they name different users or databases.
    #[error("the URLs of `session_redis.urls` differ in more than host and port")]
    DifferentUrls,
    /// A cluster has no databases.
    #[error("a URL of `session_redis` names a database, and a cluster has the database 0 only")]
    DatabaseOfCluster,
    /// A cluster or sentinels have to be found on the network.
    #[error(
        "a URL of `session_redis` names a socket of this machine, which `session_redis.mode` excludes"
    )]
    SocketOfSeveral,
    /// Sentinels watch several masters.
    #[error("`session_redis.master_name` is missing, which `session_redis.mode: sentinel` takes")]
    NoMasterName,
    /// A field that only sentinels have.
    #[error("`session_redis.{field}` is for `session_redis.mode: sentinel` only")]
    ForSentinelsOnly {
        /// The field.
        field: &'static str,
    },
    /// There are certificates, and nothing to use them for.
    #[error("`session_redis.tls` is set, and the URLs do not begin with `rediss`")]
    UnusedTls,
    /// A certificate is of no use without its key, nor the key without the certificate.
    #[error("`session_redis.tls.certificate` and `session_redis.tls.key` are to be set together")]
    CertificateWithoutKey,
    /// A file cannot be read.
    #[error("`session_redis.tls.{field}`: cannot read the file {path}")]
    UnreadableFile {
        /// The field.
        field: &'static str,
        /// The path.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The files are no certificates.
    #[error("the files of `session_redis.tls` are no certificates and keys in PEM format")]
    Certificates,
    /// Nothing is done in no time.
    #[error("`session_redis.{field}` is less than a millisecond")]
    NoTime {
        /// The field.
        field: &'static str,
    },
}

/// The store cannot be set up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RedisSetupError {
    /// The configuration breaks a rule.
    #[error("the configuration of the session store is invalid")]
    Config(#[from] InvalidRedisConfig),
    /// The server cannot be used.
    #[error("the session store cannot be reached")]
    Store(#[from] StoreError),
}
