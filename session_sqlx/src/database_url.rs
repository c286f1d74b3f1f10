use std::fmt;
use std::str::FromStr;

use serde::Deserialize;

use crate::errors::cause;

/// The URL of a database: `sqlite:data/app.db`, `postgres://user:password@host/name`, or
/// `mysql://user:password@host/name`.
///
/// - The path of a file is relative to the working directory, or absolute:
///   `sqlite:/var/lib/app.db`. There are no parameters. `sqlite::memory:` is a database in memory.
/// - `postgresql://` and `mariadb://` mean the same as `postgres://` and `mysql://`. The parameters
///   of servers are those of [`PgConnectOptions`] and [`MySqlConnectOptions`].
/// - In a password, `/`, `?`, `#`, `%` and `@` are percent-encoded.
///
/// Neither `Debug` nor `Display` shows a user, a password or a parameter.
///
/// [`PgConnectOptions`]: https://docs.rs/sqlx/0.8/sqlx/postgres/struct.PgConnectOptions.html
/// [`MySqlConnectOptions`]: https://docs.rs/sqlx/0.8/sqlx/mysql/struct.MySqlConnectOptions.html
///
/// # Example
///
/// ```
/// use session_sqlx::DatabaseUrl;
///
/// let url: DatabaseUrl = "postgres://app:open-sesame@localhost/shop".parse()?;
/// assert_eq!(url.to_string(), "postgres://localhost/shop");
/// assert!("http://localhost/shop".parse::<DatabaseUrl>().is_err());
/// # Ok::<(), session_sqlx::InvalidDatabaseUrl>(())
/// ```
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct DatabaseUrl {
    kind: DatabaseKind,
    text: String,
    /// The URL without anything that must stay secret.
    shown: String,
}

/// The kind of a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DatabaseKind {
    Sqlite,
    Postgres,
    MySql,
}

/// A text is not a valid [`DatabaseUrl`]. The message shows no part of the text.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidDatabaseUrl {
    /// The URL has another scheme.
    #[error(
        "the database URL has an unknown scheme: use `sqlite:path`, `postgres://…` or `mysql://…`"
    )]
    Scheme,
    /// The URL names no file, or has parameters.
    #[error(
        "a `sqlite:` URL consists of the path of a file, or of `:memory:`: remove parameters such \
         as `?mode=rwc`, since the file is created if it is missing"
    )]
    File,
    /// A character that separates the parts of a URL is in a password.
    #[error(
        "the database URL cannot be split into host and database: in a password, write `/`, `?`, \
         `#` and `@` as %2F, %3F, %23 and %40"
    )]
    NotEncoded,
    /// The URL of a server names no database.
    #[error("the database URL names no database: add `/name` after the host")]
    NoDatabase,
    /// The URL is that of a database of another kind than the store.
    #[error(
        "the database URL begins with `{actual}:`: import `session_sqlx::{actual}::kit()` into the \
         blueprint in place of `session_sqlx::{expected}::kit()`, or change the URL"
    )]
    OtherDatabase {
        /// The scheme of the URL.
        actual: &'static str,
        /// The scheme that the store requires.
        expected: &'static str,
    },
    /// The driver cannot read the URL.
    #[error("the driver cannot read the database URL")]
    Driver(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl DatabaseUrl {
    /// Returns the options for connections to this database, which must be of the given kind.
    pub(crate) fn options<O>(&self, expected: DatabaseKind) -> Result<O, InvalidDatabaseUrl>
    where
        O: FromStr<Err = sqlx::Error>,
    {
        if self.kind != expected {
            return Err(InvalidDatabaseUrl::OtherDatabase {
                actual: self.kind.name(),
                expected: expected.name(),
            });
        }
        let options = self.text.parse();
        options.map_err(|error| InvalidDatabaseUrl::Driver(cause(error)))
    }

    #[cfg(feature = "sqlite")]
    pub(crate) fn is_in_memory(&self) -> bool {
        self.kind == DatabaseKind::Sqlite && file(&self.text) == ":memory:"
    }
}

impl DatabaseKind {
    fn of(scheme: &str) -> Option<Self> {
        match scheme {
            "sqlite" => Some(Self::Sqlite),
            "postgres" | "postgresql" => Some(Self::Postgres),
            "mysql" | "mariadb" => Some(Self::MySql),
            _ => None,
        }
    }

    /// Returns the scheme of its URLs, which is also the name of the module with its kit.
    fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
            Self::MySql => "mysql",
        }
    }
}

impl FromStr for DatabaseUrl {
    type Err = InvalidDatabaseUrl;

    fn from_str(text: &str) -> Result<Self, InvalidDatabaseUrl> {
        let scheme = text.split_once(':').map_or("", |(scheme, _)| scheme);
        let kind = DatabaseKind::of(scheme).ok_or(InvalidDatabaseUrl::Scheme)?;
        let place = match kind {
            DatabaseKind::Sqlite => checked_file(file(text))?.to_owned(),
            DatabaseKind::Postgres | DatabaseKind::MySql => host_and_name(text)?,
        };
        Ok(Self {
            kind,
            text: text.to_owned(),
            shown: format!("{}:{place}", kind.name()),
        })
    }
}

/// Returns the part of a `sqlite:` URL after the scheme.
fn file(text: &str) -> &str {
    let path = text.strip_prefix("sqlite:").unwrap_or(text);
    path.strip_prefix("//").unwrap_or(path)
}

fn checked_file(path: &str) -> Result<&str, InvalidDatabaseUrl> {
    match path.is_empty() || path.ends_with('/') || path.contains(['?', '#']) {
        true => Err(InvalidDatabaseUrl::File),
        false => Ok(path),
    }
}

/// Returns the host and the database of a server's URL, as `//host/name`.
fn host_and_name(text: &str) -> Result<String, InvalidDatabaseUrl> {
    let (_, rest) = text.split_once("://").ok_or(InvalidDatabaseUrl::Scheme)?;
    let (authority, rest) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let host = authority.rsplit_once('@').map_or(authority, |(_, it)| it);
    // Otherwise a part of the password would be taken for the host, and shown.
    if rest.contains('@') || !has_valid_port(host) {
        return Err(InvalidDatabaseUrl::NotEncoded);
    }
    let name = rest.split(['?', '#']).next().unwrap_or_default();
    match name.trim_matches('/').is_empty() {
        true => Err(InvalidDatabaseUrl::NoDatabase),
        false => Ok(format!("//{host}{name}")),
    }
}

/// Returns `true` if the host is followed by a number or by nothing; it may be an IPv6 address.
fn has_valid_port(host: &str) -> bool {
    let port = host.rsplit_once(':').map_or("", |(_, port)| port);
    port.ends_with(']') || port.bytes().all(|byte| byte.is_ascii_digit())
}

impl TryFrom<String> for DatabaseUrl {
    type Error = InvalidDatabaseUrl;

    fn try_from(text: String) -> Result<Self, InvalidDatabaseUrl> {
        text.parse()
    }
}

/// Shows the file, or the host and the database.
impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DatabaseUrl({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_shown_without_user_password_and_parameters() {
        for (url, shown) in [
            ("sqlite:data/app.db", "sqlite:data/app.db"),
            ("sqlite://data/app.db", "sqlite:data/app.db"),
            ("sqlite:///var/lib/app.db", "sqlite:/var/lib/app.db"),
            ("sqlite::memory:", "sqlite::memory:"),
            (
                "postgres://app:s3cret@db.example/shop?password=s3cret",
                "postgres://db.example/shop",
            ),
            (
                "postgresql://app:s3%2Fcret@db.example:6432/shop",
                "postgres://db.example:6432/shop",
            ),
            (
                "postgres://app:s3cret@[::1]:5432/shop",
                "postgres://[::1]:5432/shop",
            ),
            ("postgres:///shop?host=/run/postgresql", "postgres:///shop"),
            ("mariadb://app:a@b@127.0.0.1/shop", "mysql://127.0.0.1/shop"),
        ] {
            let parsed: DatabaseUrl = url.parse().unwrap();
            assert_eq!(parsed.to_string(), shown);
            assert_eq!(format!("{parsed:?}"), format!("DatabaseUrl({shown})"));
        }
    }

    #[test]
    fn an_invalid_url_is_refused_without_a_part_of_its_password() {
        for (url, hint) in [
            ("data/app.db", "unknown scheme"),
            ("redis://:s3cret@localhost", "unknown scheme"),
            ("sqlite:", "path of a file"),
            ("sqlite://data/", "path of a file"),
            ("sqlite://app.db?mode=rwc", "created if it is missing"),
            ("postgres:shop", "unknown scheme"),
            ("postgres://app:s3cret/x@host/shop", "%2F"),
            ("postgres://app:s3cret#x@host/shop", "%23"),
            ("postgres://app:s3cret/shop", "%2F"),
            ("mysql://app:s3cret@host", "names no database"),
            (
                "mysql://app:s3cret@host/?ssl-mode=required",
                "names no database",
            ),
        ] {
            let error = url.parse::<DatabaseUrl>().unwrap_err();
            let printed = format!("{error} {error:?}");
            assert!(printed.contains(hint), "{url}: {printed}");
            assert!(!printed.contains("s3cret"), "{printed}");
        }
    }

    #[test]
    #[cfg(feature = "sqlite")]
    fn only_the_url_of_a_database_in_memory_is_in_memory() {
        for (url, is_in_memory) in [
            ("sqlite::memory:", true),
            ("sqlite://:memory:", true),
            ("sqlite:./:memory:", false),
            ("postgres://localhost/:memory:", false),
        ] {
            let url: DatabaseUrl = url.parse().unwrap();
            assert_eq!(url.is_in_memory(), is_in_memory, "{url}");
        }
    }
}
