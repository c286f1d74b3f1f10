use std::io;
use std::path::PathBuf;
use std::time::Duration;

use session::StoreError;

/// A rule that a [`RedisSessionConfig`](crate::RedisSessionConfig) breaks.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidRedisConfig {
    /// There is no URL.
    #[error(
        "`session_redis.url` is missing: set it, or `session_redis.urls` for a cluster or sentinels"
    )]
    NoUrl,
    /// There are both fields with URLs.
    #[error("`session_redis.url` and `session_redis.urls` are both set: remove one of them")]
    UrlAndUrls,
    /// There are several URLs of one server.
    #[error(
        "`session_redis.urls` has several URLs, but `session_redis.mode` is `single`: use \
         `session_redis.url`, or set `session_redis.mode` to `cluster` or `sentinel`"
    )]
    SeveralUrls,
    /// A URL cannot be parsed.
    #[error(
        "the text is not a URL such as \"redis://user:password@host:6379/0\" or \"rediss://host\""
    )]
    Url,
    /// A URL turns off the check of certificates.
    #[error(
        "the URL ends in `#insecure`, with which any server could pass for this one: remove that, \
         and name the authority of the certificate in `session_redis.tls.ca`"
    )]
    InsecureUrl,
    /// A URL demands TLS, which this build does not support.
    #[error("the URL demands TLS: enable the feature `tls` of the crate `session_redis`")]
    TlsFeature,
    /// Some URLs demand TLS and others do not, or they name different users or databases.
    #[error(
        "the URLs of `session_redis.urls` differ in more than host and port: give all of them the \
         same scheme, user, password and database"
    )]
    DifferentUrls,
    /// A URL of a cluster names a database.
    #[error(
        "a URL of `session_redis` names a database, but a cluster has only the database 0: remove \
         the path of the URL"
    )]
    DatabaseOfCluster,
    /// A URL of a cluster or of sentinels is a local socket.
    #[error(
        "a URL of `session_redis` names a local socket, which is possible only if \
         `session_redis.mode` is `single`"
    )]
    SocketOfSeveral,
    /// The name of the master is missing.
    #[error("`session_redis.master_name` is missing: `session_redis.mode: sentinel` requires it")]
    NoMasterName,
    /// A field that only sentinels have is set.
    #[error("`session_redis.{field}` is set: that requires `session_redis.mode: sentinel`")]
    ForSentinelsOnly {
        /// The name of the field.
        field: &'static str,
    },
    /// There are certificates, but no encrypted connections.
    #[error(
        "`session_redis.tls` is set, but the URLs do not begin with `rediss`: change their scheme, \
         or remove `session_redis.tls`"
    )]
    UnusedTls,
    /// A certificate is set without its key, or a key without its certificate.
    #[error(
        "only one of `session_redis.tls.certificate` and `session_redis.tls.key` is set: set both"
    )]
    CertificateWithoutKey,
    /// A file cannot be read.
    #[error("`session_redis.tls.{field}`: cannot read the file {path}")]
    UnreadableFile {
        /// The name of the field.
        field: &'static str,
        /// The path of the file.
        path: PathBuf,
        /// The reason.
        source: io::Error,
    },
    /// A file does not hold what its field requires.
    #[error("the files of `session_redis.tls` are not certificates and keys in PEM format")]
    Certificates,
    /// A time limit is too short.
    #[error("`session_redis.{field}` is less than a millisecond: set a longer time limit")]
    NoTime {
        /// The name of the field.
        field: &'static str,
    },
    /// A time limit is not shorter than that of the whole operation.
    #[error(
        "`session_redis.{field}` is not shorter than `session.store.timeout`, which is \
         {operation:?}: change one of the two"
    )]
    BeyondOperation {
        /// The name of the field.
        field: &'static str,
        /// The time limit of an operation.
        operation: Duration,
    },
    /// The time limit of finding a master and connecting to it is not shorter than that of the
    /// whole operation.
    #[error(
        "twice `session_redis.connection_timeout` is not shorter than `session.store.timeout`, \
         which is {operation:?}: with `session_redis.mode: sentinel`, a connection may take that \
         long, so change one of the two"
    )]
    SearchBeyondOperation {
        /// The time limit of an operation.
        operation: Duration,
    },
}

/// The reason why a store cannot be made of a configuration.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RedisSetupError {
    /// The configuration breaks a rule.
    #[error("the configuration of the session store is invalid")]
    Config(#[from] InvalidRedisConfig),
    /// A server cannot be used.
    #[error("the session store cannot be used")]
    Store(#[from] StoreError),
}
