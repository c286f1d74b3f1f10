use std::path::PathBuf;
use std::time::Duration;

use clap::ValueEnum;
use session_redis::{KeyPrefix, Password, RedisMode, RedisSessionConfig, RedisTlsConfig, RedisUrl};
use session_sqlx::{DatabaseUrl, SqlSessionConfig, TableName};

use crate::failure::Failure;

/// The least limit of waiting for an answer of Redis. The limit of the operation may be shorter.
const LEAST_REDIS_LIMIT: Duration = Duration::from_secs(1);

/// Where the sessions are.
#[derive(Debug, clap::Args)]
pub(crate) struct StoreOptions {
    /// The URL of the store; of several nodes or sentinels, repeat it
    ///
    /// A command line is visible to other users of the machine. So give a URL with a password in
    /// the environment.
    // Not parsed by clap, whose errors quote the value.
    #[arg(long, global = true, env = "SESSION_KIT_URL", hide_env_values = true)]
    url: Vec<String>,

    /// The time limit of each operation; a command may consist of many
    ///
    /// Postgres and MySQL have at most 5 seconds of it for a connection. Redis has a third of it
    /// for an answer, or one second if that is longer.
    #[arg(long, global = true, value_name = "DURATION", default_value = "10s")]
    #[arg(value_parser = humantime::parse_duration)]
    pub(crate) timeout: Duration,

    /// The table of a SQL database
    // Not parsed by clap, like the URL: it may be a password in the wrong place.
    #[arg(long, global = true, value_name = "NAME", default_value_t = TableName::default().to_string())]
    table: String,

    /// The beginning of all keys in Redis
    // Not parsed by clap either.
    #[arg(long, global = true, default_value_t = KeyPrefix::default().to_string())]
    prefix: String,

    #[command(flatten)]
    redis: RedisOptions,
}

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Options for Redis")]
struct RedisOptions {
    /// The kind of servers at the URLs
    #[arg(long, global = true, value_name = "MODE", default_value = "single")]
    redis_mode: Mode,

    /// The name under which the sentinels know the master
    #[arg(long, global = true, value_name = "NAME")]
    master_name: Option<String>,

    /// The user of the sentinels themselves, if they demand one
    #[arg(long, global = true, value_name = "USER")]
    sentinel_username: Option<String>,

    /// The password of the sentinels themselves, if they demand one
    #[arg(long, global = true, value_name = "PASSWORD")]
    #[arg(env = "SESSION_KIT_SENTINEL_PASSWORD", hide_env_values = true)]
    sentinel_password: Option<String>,

    /// The authority of the servers' certificates, as a PEM file
    #[arg(long, global = true, value_name = "FILE")]
    tls_ca: Option<PathBuf>,

    /// The certificate of the client, as a PEM file
    #[arg(long, global = true, value_name = "FILE")]
    tls_certificate: Option<PathBuf>,

    /// The private key of that certificate, as a PEM file
    #[arg(long, global = true, value_name = "FILE")]
    tls_key: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Mode {
    /// One server
    Single,
    /// Nodes of a cluster
    Cluster,
    /// Sentinels, which know the master
    Sentinel,
}

/// The configuration of a store, as an application would have it.
pub(crate) enum StoreConfig {
    Sqlite(SqlSessionConfig),
    Postgres(SqlSessionConfig),
    MySql(SqlSessionConfig),
    Redis(Box<RedisSessionConfig>),
}

impl StoreOptions {
    /// Returns the configuration that the options describe, and the name of its place.
    ///
    /// # Errors
    ///
    /// Returns a failure if there is no URL, or an invalid one. It does not show the URL.
    pub(crate) fn config(&self) -> Result<(StoreConfig, String), Failure> {
        let Some(first) = self.url.first() else {
            return Err(Failure::usage(
                "there is no store: give its URL by `--url`, or in the environment variable \
                 SESSION_KIT_URL",
            ));
        };
        let new: fn(_) -> StoreConfig = match first.split_once(':').map_or("", |(it, _)| it) {
            "sqlite" => StoreConfig::Sqlite,
            "postgres" | "postgresql" => StoreConfig::Postgres,
            "mysql" | "mariadb" => StoreConfig::MySql,
            "redis" | "rediss" | "valkey" | "valkeys" | "redis+unix" | "valkey+unix" | "unix" => {
                return self.redis_config();
            }
            _ => return Err(unknown_scheme()),
        };
        let (config, place) = self.sql_config(first)?;
        Ok((new(config), place))
    }

    fn sql_config(&self, url: &str) -> Result<(SqlSessionConfig, String), Failure> {
        if self.url.len() > 1 {
            let message = "several URLs are possible only with Redis: give one of them";
            return Err(Failure::usage(message));
        }
        let url = url.parse::<DatabaseUrl>();
        let url = url.map_err(|error| Failure::usage_of("the URL is invalid", &error))?;
        let place = url.to_string();
        let mut config = SqlSessionConfig::new(url);
        config.table = self.table()?;
        Ok((config, place))
    }

    fn table(&self) -> Result<TableName, Failure> {
        // The error quotes the text.
        self.table.parse().map_err(|_| {
            Failure::usage(format!(
                "`--table` is not a valid name for a table: use 1 to {} lowercase letters, digits \
                 and underscores, and do not begin with a digit",
                TableName::MAX_LEN
            ))
        })
    }

    fn prefix(&self) -> Result<KeyPrefix, Failure> {
        let prefix = self.prefix.parse();
        prefix.map_err(|error| Failure::usage_of("`--prefix` is invalid", &error))
    }

    fn redis_config(&self) -> Result<(StoreConfig, String), Failure> {
        let urls: Result<Vec<RedisUrl>, _> = self.url.iter().map(|url| url.parse()).collect();
        let urls = urls.map_err(|error| Failure::usage_of("the URL is invalid", &error))?;
        let place = place_of(&urls);
        let mut config = RedisSessionConfig::default();
        config.urls = urls;
        config.prefix = self.prefix()?;
        // The sessions of such a server have to be listed and revoked too.
        config.accept_eviction = true;
        // So that a silent connection can be replaced within the operation.
        let limit = Some((self.timeout / 3).max(LEAST_REDIS_LIMIT));
        (config.connection_timeout, config.response_timeout) = (limit, limit);
        self.redis.add_to(&mut config);
        Ok((StoreConfig::Redis(Box::new(config)), place))
    }
}

fn place_of(urls: &[RedisUrl]) -> String {
    let names: Vec<_> = urls.iter().map(RedisUrl::to_string).collect();
    format!("Redis at {}", names.join(", "))
}

impl RedisOptions {
    fn add_to(&self, config: &mut RedisSessionConfig) {
        config.mode = match self.redis_mode {
            Mode::Single => RedisMode::Single,
            Mode::Cluster => RedisMode::Cluster,
            Mode::Sentinel => RedisMode::Sentinel,
        };
        config.master_name = self.master_name.clone();
        config.sentinel_username = self.sentinel_username.clone();
        config.sentinel_password = self.sentinel_password.clone().map(Password::new);
        let mut tls = RedisTlsConfig::default();
        tls.ca = self.tls_ca.clone();
        tls.certificate = self.tls_certificate.clone();
        tls.key = self.tls_key.clone();
        config.tls = (tls != RedisTlsConfig::default()).then_some(tls);
    }
}

fn unknown_scheme() -> Failure {
    Failure::usage(
        "the URL has an unknown scheme: use `sqlite:path`, `postgres://…`, `mysql://…`, \
         `redis://…` or `rediss://…`",
    )
}
