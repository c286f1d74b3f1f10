use std::fmt;
use std::str::FromStr;

use serde::Deserialize;

use crate::errors::cause;
use parameters::{OF_MYSQL, OF_POSTGRES, Parameters};

mod parameters;
#[cfg(test)]
mod tests;

/// The URL of a database: `sqlite:data/app.db`, `postgres://user:password@host/name`, or
/// `mysql://user:password@host/name`.
///
/// - The path of a file is relative to the working directory, or absolute:
///   `sqlite:/var/lib/app.db`. There are no parameters. `sqlite::memory:` is a database in memory.
/// - `postgresql://` and `mariadb://` mean the same as `postgres://` and `mysql://`. The parameters
///   of servers are those that `sqlx` has for [`PgConnectOptions`] and [`MySqlConnectOptions`]. Any
///   other one is an error, which lists them: `sqlx` would ignore it, or log its value. So remove
///   parameters of libpq such as `channel_binding`, `connect_timeout` or `target_session_attrs`.
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

/// A text is not a valid [`DatabaseUrl`]. The message shows no user, no password and no value of a
/// parameter.
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
    /// The URL has a parameter that the driver would ignore.
    #[error(
        "the database URL has an unknown parameter{}: in a value, write `&` and `#` as %26 and \
         %23; the driver reads {allowed}",
        .name.as_ref().map_or(String::new(), |name| format!(" `{name}`"))
    )]
    UnknownParameter {
        /// The name of the parameter, unless it may be a part of a password.
        name: Option<String>,
        /// The parameters that the driver knows.
        allowed: String,
    },
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
            DatabaseKind::Postgres => checked_server(text, &OF_POSTGRES)?,
            DatabaseKind::MySql => checked_server(text, &OF_MYSQL)?,
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

/// Returns the host and the database of a server's URL, if its parameters are valid.
fn checked_server(text: &str, parameters: &Parameters) -> Result<String, InvalidDatabaseUrl> {
    let place = host_and_name(text)?;
    let Some(unknown) = parameters.find_unknown(text) else {
        return Ok(place);
    };
    let allowed: Vec<_> = parameters.names().map(|it| format!("`{it}`")).collect();
    Err(InvalidDatabaseUrl::UnknownParameter {
        name: unknown.name,
        allowed: allowed.join(", "),
    })
}

/// Returns the host and the database of a server's URL, as `//host/name`.
fn host_and_name(text: &str) -> Result<String, InvalidDatabaseUrl> {
    let (_, rest) = text.split_once("://").ok_or(InvalidDatabaseUrl::Scheme)?;
    let (authority, rest) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let host = authority.rsplit_once('@').map_or(authority, |(_, it)| it);
    // Otherwise a part of the password would be taken for the host, and shown. The driver ignores
    // what follows a `#`.
    if rest.contains(['@', '#']) || !has_valid_port(host) {
        return Err(InvalidDatabaseUrl::NotEncoded);
    }
    let name = rest.split('?').next().unwrap_or_default();
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
