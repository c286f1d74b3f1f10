//! The sections `server`, `database` and `users` of the configuration. The sections `session` and
//! `cookies` belong to the libraries.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use pavex::config;
use serde::Deserialize;
use session::config::duration;

use crate::database::url::DatabaseUrl;

/// The section `server`: the address, the start and the stop of the server.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[config(key = "server", include_if_unused)]
pub struct ServerConfig {
    /// The address of the network interface.
    pub ip: IpAddr,
    /// The port. With 0, the operating system chooses a free one.
    pub port: u16,
    /// The addresses of the proxies in front of the server. Only these may name their client in
    /// `X-Forwarded-For`.
    #[serde(default)]
    pub proxies: Vec<IpAddr>,
    /// The use of HTTPS that a shop behind it requires of browsers.
    #[serde(default)]
    pub hsts: HstsConfig,
    /// The time that running requests have to finish when the server stops.
    #[serde(with = "duration")]
    pub shutdown_grace: Duration,
}

/// The header `Strict-Transport-Security`, which is sent if the session cookie is `Secure`.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HstsConfig {
    /// The time for which browsers use HTTPS only. Zero makes them forget it.
    #[serde(with = "duration")]
    pub max_age: Duration,
    /// True if the hosts below this one are reached over HTTPS only, too.
    pub include_subdomains: bool,
}

/// Two years with all subdomains, as browsers expect of a site on their preload lists.
impl Default for HstsConfig {
    fn default() -> Self {
        Self {
            max_age: Duration::from_secs(63_072_000),
            include_subdomains: true,
        }
    }
}

impl HstsConfig {
    /// Returns the value of the header.
    pub fn header(&self) -> String {
        let subdomains = match self.include_subdomains {
            true => "; includeSubDomains",
            false => "",
        };
        format!("max-age={}{subdomains}", self.max_age.as_secs())
    }
}

impl ServerConfig {
    /// Returns the address to listen on.
    pub fn address(&self) -> SocketAddr {
        SocketAddr::new(self.ip, self.port)
    }
}

/// The section `database`: the database of the sessions and the members.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[config(key = "database")]
pub struct DatabaseConfig {
    /// The address of the database, with its kind as the scheme.
    pub url: DatabaseUrl,
}

/// The section `users`: members that exist from the start.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[config(key = "users", default_if_missing)]
pub struct UsersConfig {
    /// The members that the server inserts into the database at its start. A member that is there
    /// already keeps their password.
    pub accounts: Vec<Account>,
    /// An account that the log-in page shows to everybody; for development only.
    pub demo: Option<DemoAccount>,
}

/// A member of the shop.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// The name to log in with.
    pub name: String,
    /// The argon2id hash of the password, in PHC format. The example `hash_password` prints one.
    pub password_hash: PasswordHashText,
}

/// A PHC string. Its `Debug` form does not show it.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub struct PasswordHashText(pub String);

impl fmt::Debug for PasswordHashText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHashText(…)")
    }
}

/// A name and a password that everybody may see.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DemoAccount {
    /// The name to log in with.
    pub name: String,
    /// The password.
    pub password: String,
}
