use std::fmt;
use std::str::FromStr;

use redis::{ConnectionAddr, ConnectionInfo, IntoConnectionInfo};
use serde::Deserialize;

use super::errors::InvalidRedisConfig;

/// The URL of a server: `redis://user:password@host:port/database`, or `rediss://…` with TLS.
///
/// Only the host is required. The schemes `valkey://` and `valkeys://` mean the same, and
/// `redis+unix:///path` is a local socket. `Debug` and `Display` show only the host and the port,
/// since the URL may have a password.
///
/// # Example
///
/// ```
/// use session_redis::RedisUrl;
///
/// let url: RedisUrl = "redis://:open-sesame@localhost/1".parse()?;
/// assert_eq!(format!("{url} {url:?}"), "localhost:6379 RedisUrl(localhost:6379)");
/// assert!("http://localhost".parse::<RedisUrl>().is_err());
/// # Ok::<(), session_redis::InvalidRedisConfig>(())
/// ```
#[derive(Clone, Deserialize)]
#[serde(try_from = "String")]
pub struct RedisUrl(ConnectionInfo);

impl RedisUrl {
    pub(super) fn info(&self) -> &ConnectionInfo {
        &self.0
    }

    pub(super) fn has_tls(&self) -> bool {
        matches!(self.0.addr(), ConnectionAddr::TcpTls { .. })
    }

    pub(super) fn database(&self) -> i64 {
        self.0.redis_settings().db()
    }
}

impl FromStr for RedisUrl {
    type Err = InvalidRedisConfig;

    fn from_str(text: &str) -> Result<Self, InvalidRedisConfig> {
        // Without the feature, the parser would report that this is not a URL.
        if !cfg!(feature = "tls") && demands_tls(text) {
            return Err(InvalidRedisConfig::TlsFeature);
        }
        // The error of the parser may quote the URL.
        let info = text
            .into_connection_info()
            .map_err(|_| InvalidRedisConfig::Url)?;
        match info.addr() {
            ConnectionAddr::TcpTls { insecure: true, .. } => Err(InvalidRedisConfig::InsecureUrl),
            _ => Ok(Self(info)),
        }
    }
}

fn demands_tls(url: &str) -> bool {
    let scheme = url.split_once("://").map_or("", |(scheme, _)| scheme);
    ["rediss", "valkeys"]
        .iter()
        .any(|it| it.eq_ignore_ascii_case(scheme))
}

impl TryFrom<String> for RedisUrl {
    type Error = InvalidRedisConfig;

    fn try_from(text: String) -> Result<Self, InvalidRedisConfig> {
        text.parse()
    }
}

impl PartialEq for RedisUrl {
    fn eq(&self, other: &Self) -> bool {
        let (this, that) = (self.0.redis_settings(), other.0.redis_settings());
        self.0.addr() == other.0.addr()
            && this.db() == that.db()
            && this.username() == that.username()
            && this.password() == that.password()
    }
}

/// Shows the host and the port.
impl fmt::Display for RedisUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.addr().fmt(f)
    }
}

impl fmt::Debug for RedisUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RedisUrl({self})")
    }
}
