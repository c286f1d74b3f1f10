use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use redis::{ConnectionAddr, ConnectionInfo, IntoConnectionInfo};
use serde::Deserialize;
use session_redis::{InvalidRedisConfig, RedisUrl};
use sqlx::mysql::MySqlConnectOptions;
use sqlx::postgres::PgConnectOptions;

/// Which database: `sqlite://data/shop.db`, `postgres://…`, `mysql://…`, `redis://…`, or `memory:`.
///
/// It shows no password, and no parameters.
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

/// A server of Redis or Valkey, for the sessions and for the members.
#[derive(Clone)]
pub(super) struct RedisTarget {
    pub(super) sessions: RedisUrl,
    pub(super) members: ConnectionInfo,
}

/// The text is no [`DatabaseUrl`]. What it says has nothing of the text that may be secret.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidDatabaseUrl {
    /// It begins with something else.
    #[error(
        "a database URL begins with `sqlite://`, `postgres://`, `mysql://`, `redis://` or `rediss://`, \
         or is `memory:`"
    )]
    Scheme,
    /// There is no file, or more than that.
    #[error(
        "`sqlite://` is followed by the path of a file and nothing else; for a database in memory, \
         write `memory:`"
    )]
    File,
    /// A character that means something in a URL stands where it cannot mean that.
    #[error(
        "in a database URL, `/`, `?`, `#` and `@` in a password are written %2F, %3F, %23, %40"
    )]
    NotEncoded,
    /// The path is empty.
    #[error("the database URL names a server, but no database: `…/name` is missing")]
    NoDatabase,
    /// The driver does not understand it.
    #[error("the database URL cannot be understood: {0}")]
    Driver(String),
}

impl DatabaseUrl {
    /// Nothing survives the process.
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
                named(options.get_database())?;
                Target::Postgres(Box::new(options))
            }
            Some(("mysql" | "mariadb", rest)) => {
                let options: MySqlConnectOptions = server(url, rest)?;
                named(options.get_database())?;
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
    let names_no_file = path.is_empty() || path.ends_with('/') || path == ":memory:";
    match names_no_file || path.contains(['?', '#']) {
        true => Err(InvalidDatabaseUrl::File),
        false => Ok(path.into()),
    }
}

fn server<O>(url: &str, rest: &str) -> Result<O, InvalidDatabaseUrl>
where
    O: FromStr<Err = sqlx::Error>,
{
    encoded(rest)?;
    url.parse().map_err(|error: sqlx::Error| {
        InvalidDatabaseUrl::Driver(super::without_repetition(error).to_string())
    })
}

/// Otherwise half of the password would be taken for the host, and shown.
fn encoded(rest: &str) -> Result<(), InvalidDatabaseUrl> {
    let authority = rest.strip_prefix("//").ok_or(InvalidDatabaseUrl::Scheme)?;
    let after_host = authority.split_once(['/', '?', '#']);
    match after_host.is_some_and(|(_, rest)| rest.contains('@')) {
        true => Err(InvalidDatabaseUrl::NotEncoded),
        false => Ok(()),
    }
}

fn redis(url: &str, rest: &str) -> Result<RedisTarget, InvalidDatabaseUrl> {
    encoded(rest)?;
    let sessions = url
        .parse()
        .map_err(|error: InvalidRedisConfig| InvalidDatabaseUrl::Driver(error.to_string()))?;
    // What the parser says may quote the URL.
    let members = url
        .into_connection_info()
        .map_err(|_| InvalidDatabaseUrl::Driver("it is no URL of Redis".into()))?;
    Ok(RedisTarget { sessions, members })
}

fn named(database: Option<&str>) -> Result<&str, InvalidDatabaseUrl> {
    database.ok_or(InvalidDatabaseUrl::NoDatabase)
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
    fn a_url_is_shown_without_its_password() {
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
    fn what_names_no_database_is_refused_without_a_word_of_it() {
        for (url, complaint) in [
            ("", "begins with"),
            ("s3cret", "begins with"),
            ("http://s3cret@host", "begins with"),
            ("redis:s3cret", "begins with"),
            ("redis://", "understood"),
            ("redis://host:s3cret", "understood"),
            ("redis://:1/s3cret@host", "%2F"),
            ("rediss://host/#insecure", "certificate"),
            ("memory:s3cret", "begins with"),
            ("postgres:s3cret", "begins with"),
            ("sqlite://", "path of a file"),
            ("sqlite://s3cret/", "path of a file"),
            ("sqlite::memory:", "path of a file"),
            ("sqlite://data/shop.db?mode=s3cret", "path of a file"),
            ("postgres://shop:s3cret@db.example", "names a server"),
            ("postgres://shop:s3cret@db.example/", "names a server"),
            ("mysql://shop:s3cret@db.example", "names a server"),
            ("postgres://shop:1/s3cret@db.example/shop", "%2F"),
            ("mysql://shop:1?s3cret@db.example/shop", "%3F"),
            ("mysql://shop:1#s3cret@db.example/shop", "%23"),
            ("postgres://shop:s3cret@db.example:port/shop", "port"),
            ("mysql://:s3cret/shop", "understood"),
        ] {
            let refused = url.parse::<DatabaseUrl>().unwrap_err();
            assert!(refused.to_string().contains(complaint), "{url}: {refused}");
            let shown = format!("{refused} {refused:?}");
            assert!(!shown.contains("s3cret"), "{shown}");
        }
    }
}
