use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use redis::{ConnectionAddr, ConnectionInfo, IntoConnectionInfo};
use serde::Deserialize;
use session_redis::{InvalidRedisConfig, RedisUrl};
use sqlx::mysql::MySqlConnectOptions;
use sqlx::postgres::PgConnectOptions;

use super::errors::without_repetition;

/// The address of the database: `sqlite://data/shop.db`, `postgres://…`, `mysql://…`, `redis://…`,
/// or `memory:`.
///
/// Its `Display` and `Debug` forms leave out the password and the parameters.
#[derive(Clone, Deserialize)]
#[serde(try_from = "String")]
pub struct DatabaseUrl(Target);

#[derive(Clone)]
pub(super) enum Target {
    Memory,
    Sqlite(PathBuf),
    Postgres(Box<PgConnectOptions>),
    MySql(Box<MySqlConnectOptions>),
    Redis(Box<RedisTarget>),
}

/// A Redis or Valkey server, as the store of the sessions and as the client of the members need it.
#[derive(Clone)]
pub(super) struct RedisTarget {
    pub(super) sessions: RedisUrl,
    pub(super) members: ConnectionInfo,
}

/// The text is not a [`DatabaseUrl`]. The message repeats no part of the text that may be secret.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidDatabaseUrl {
    /// The scheme is missing or unknown.
    #[error(
        "the scheme of the database URL is missing or unknown; begin it with `sqlite://`, \
         `postgres://`, `mysql://`, `redis://` or `rediss://`, or write `memory:`"
    )]
    Scheme,
    /// `sqlite://` is not followed by the path of a file alone.
    #[error(
        "the database URL does not name a file; write `sqlite://` and the path of a file, without \
         parameters, or `memory:` for a database in memory"
    )]
    File,
    /// A character with a meaning in URLs is in the user name or the password.
    #[error(
        "the user or password in the database URL has a reserved character; write `/` as %2F, \
         `?` as %3F, `#` as %23 and `@` as %40"
    )]
    NotEncoded,
    /// The path, which names the database, is empty.
    #[error("the database URL names a server but not a database; append `/` and its name")]
    NoDatabase,
    /// The driver of the database rejects the URL.
    #[error("the database URL is not valid: {0}")]
    Driver(String),
}

impl From<session_sqlx::InvalidDatabaseUrl> for InvalidDatabaseUrl {
    fn from(invalid: session_sqlx::InvalidDatabaseUrl) -> Self {
        match invalid {
            session_sqlx::InvalidDatabaseUrl::NotEncoded => Self::NotEncoded,
            session_sqlx::InvalidDatabaseUrl::NoDatabase => Self::NoDatabase,
            invalid => Self::Driver(invalid.to_string()),
        }
    }
}

impl DatabaseUrl {
    /// The URL `memory:`, of a database that ends with the process.
    pub const MEMORY: Self = Self(Target::Memory);

    pub(super) fn target(&self) -> &Target {
        &self.0
    }
}

impl FromStr for DatabaseUrl {
    type Err = InvalidDatabaseUrl;

    fn from_str(url: &str) -> Result<Self, InvalidDatabaseUrl> {
        let target = match url.split_once(':') {
            Some(("memory", "")) => Target::Memory,
            Some(("sqlite", rest)) => Target::Sqlite(file(rest)?),
            Some(("postgres" | "postgresql", rest)) => {
                let options: PgConnectOptions = server(url, rest)?;
                options
                    .get_database()
                    .ok_or(InvalidDatabaseUrl::NoDatabase)?;
                Target::Postgres(Box::new(options))
            }
            Some(("mysql" | "mariadb", rest)) => {
                let options: MySqlConnectOptions = server(url, rest)?;
                options
                    .get_database()
                    .ok_or(InvalidDatabaseUrl::NoDatabase)?;
                Target::MySql(Box::new(options))
            }
            Some(("redis" | "rediss", rest)) => Target::Redis(Box::new(redis(url, rest)?)),
            _ => return Err(InvalidDatabaseUrl::Scheme),
        };
        Ok(Self(target))
    }
}

fn file(rest: &str) -> Result<PathBuf, InvalidDatabaseUrl> {
    let path = rest.strip_prefix("//").unwrap_or(rest);
    let is_file = !path.is_empty() && !path.ends_with('/') && path != ":memory:";
    match is_file && !path.contains(['?', '#']) {
        true => Ok(path.into()),
        false => Err(InvalidDatabaseUrl::File),
    }
}

fn server<O>(url: &str, rest: &str) -> Result<O, InvalidDatabaseUrl>
where
    O: FromStr<Err = sqlx::Error>,
{
    refuse_reserved(rest)?;
    if url.contains('?') {
        // The driver would ignore an unknown parameter, and log its value.
        url.parse::<session_sqlx::DatabaseUrl>()?;
    }
    url.parse().map_err(|error: sqlx::Error| {
        InvalidDatabaseUrl::Driver(without_repetition(error).to_string())
    })
}

/// Refuses a password with a reserved character: its second half would be taken for the path and
/// shown in messages.
fn refuse_reserved(rest: &str) -> Result<(), InvalidDatabaseUrl> {
    let authority = rest.strip_prefix("//").ok_or(InvalidDatabaseUrl::Scheme)?;
    let after_host = authority.split_once(['/', '?', '#']);
    match after_host.is_some_and(|(_, rest)| rest.contains('@')) {
        true => Err(InvalidDatabaseUrl::NotEncoded),
        false => Ok(()),
    }
}

fn redis(url: &str, rest: &str) -> Result<RedisTarget, InvalidDatabaseUrl> {
    refuse_reserved(rest)?;
    let sessions = url
        .parse()
        .map_err(|error: InvalidRedisConfig| InvalidDatabaseUrl::Driver(error.to_string()))?;
    // The parser's own message is dropped, because it may quote the URL.
    let members = url
        .into_connection_info()
        .map_err(|_| InvalidDatabaseUrl::Driver("not the URL of a Redis server".into()))?;
    Ok(RedisTarget { sessions, members })
}

impl TryFrom<String> for DatabaseUrl {
    type Error = InvalidDatabaseUrl;

    fn try_from(url: String) -> Result<Self, InvalidDatabaseUrl> {
        url.parse()
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Target::Memory => f.write_str("memory:"),
            Target::Sqlite(path) => write!(f, "sqlite://{}", path.display()),
            Target::Postgres(options) => {
                let (user, host) = (options.get_username(), options.get_host());
                let (port, database) = (options.get_port(), options.get_database());
                let database = database.unwrap_or_default();
                write!(f, "postgres://{user}@{host}:{port}/{database}")
            }
            Target::MySql(options) => {
                let (user, host) = (options.get_username(), options.get_host());
                let (port, database) = (options.get_port(), options.get_database());
                let database = database.unwrap_or_default();
                write!(f, "mysql://{user}@{host}:{port}/{database}")
            }
            Target::Redis(target) => {
                let members = &target.members;
                let scheme = match members.addr() {
                    ConnectionAddr::TcpTls { .. } => "rediss",
                    _ => "redis",
                };
                let database = members.redis_settings().db();
                write!(f, "{scheme}://{}/{database}", members.addr())
            }
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DatabaseUrl({self})")
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]
mod tests {
    use super::*;

    fn shown(url: &str) -> String {
        let parsed: DatabaseUrl = url.parse().unwrap();
        assert_eq!(format!("{parsed:?}"), format!("DatabaseUrl({parsed})"));
        parsed.to_string()
    }

    #[test]
    fn a_url_is_displayed_without_its_password() {
        for (url, expected) in [
            ("memory:", "memory:"),
            ("sqlite://data/shop.db", "sqlite://data/shop.db"),
            ("sqlite:///var/lib/shop.db", "sqlite:///var/lib/shop.db"),
            ("sqlite:shop.db", "sqlite://shop.db"),
            (
                "postgres://shop:s3cret@db.example/shop?password=s3cret",
                "postgres://shop@db.example:5432/shop",
            ),
            (
                "postgresql://shop:s3%2Fcret@db.example:6432/shop",
                "postgres://shop@db.example:6432/shop",
            ),
            (
                "mysql://shop:s3cret@127.0.0.1/shop",
                "mysql://shop@127.0.0.1:3306/shop",
            ),
            (
                "mariadb://shop:s3cret@db.example:3307/shop",
                "mysql://shop@db.example:3307/shop",
            ),
            (
                "redis://shop:s3cret@db.example",
                "redis://db.example:6379/0",
            ),
            (
                "rediss://:s3cret@db.example:6380/2",
                "rediss://db.example:6380/2",
            ),
        ] {
            assert_eq!(shown(url), expected);
        }
    }

    #[test]
    fn an_invalid_url_is_refused_with_a_message_that_does_not_quote_it() {
        for (url, complaint) in [
            ("", "scheme"),
            ("s3cret", "scheme"),
            ("http://s3cret@host", "scheme"),
            ("redis:s3cret", "scheme"),
            ("redis://", "not valid"),
            ("redis://host:s3cret", "not valid"),
            ("redis://:1/s3cret@host", "%2F"),
            ("rediss://host/#insecure", "certificate"),
            ("memory:s3cret", "scheme"),
            ("postgres:s3cret", "scheme"),
            ("postgres://db/shop?passwrod=s3cret", "`passwrod`"),
            ("postgres://db/shop?passwrod=s3cret#x", "%23"),
            ("postgres://db?passwrod=s3cret", "not a database"),
            ("mysql://db/shop?passwrod=s3cret", "`passwrod`"),
            ("sqlite://", "name a file"),
            ("sqlite://s3cret/", "name a file"),
            ("sqlite::memory:", "name a file"),
            ("sqlite://data/shop.db?mode=s3cret", "name a file"),
            ("postgres://shop:s3cret@db.example", "not a database"),
            ("postgres://shop:s3cret@db.example/", "not a database"),
            ("mysql://shop:s3cret@db.example", "not a database"),
            ("postgres://shop:1/s3cret@db.example/shop", "%2F"),
            ("mysql://shop:1?s3cret@db.example/shop", "%3F"),
            ("mysql://shop:1#s3cret@db.example/shop", "%23"),
            ("postgres://shop:s3cret@db.example:port/shop", "port"),
            ("mysql://:s3cret/shop", "not valid"),
        ] {
            let refused = url.parse::<DatabaseUrl>().unwrap_err();
            assert!(refused.to_string().contains(complaint), "{url}: {refused}");
            let shown = format!("{refused} {refused:?}");
            assert!(!shown.contains("s3cret"), "{shown}");
        }
    }
}
