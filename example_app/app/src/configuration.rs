//! The sections `server`, `database` and `users` of the configuration; `session` and `cookies` come from the
//! libraries.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use pavex::config;
use serde::{Deserialize, Deserializer, de::Error};

use crate::database::DatabaseUrl;

/// Where the server listens, and how it stops.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[config(key = "server", include_if_unused)]
pub struct ServerConfig {
    /// The address of the network interface.
    pub ip: IpAddr,
    /// The port; 0 lets the operating system choose a free one.
    pub port: u16,
    /// How long requests under way may take when the server is told to stop.
    #[serde(deserialize_with = "duration")]
    pub shutdown_grace: Duration,
    /// How often expired sessions are swept out of the store.
    #[serde(deserialize_with = "duration")]
    pub sweep_every: Duration,
}

impl ServerConfig {
    /// The address to listen on.
    pub fn address(&self) -> SocketAddr {
        SocketAddr::new(self.ip, self.port)
    }
}

/// Where sessions and members are kept.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[config(key = "database")]
pub struct DatabaseConfig {
    /// The kind of the database, and where it is.
    pub url: DatabaseUrl,
}

/// With whom the table of the members begins.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[config(key = "users", default_if_missing)]
pub struct UsersConfig {
    /// The members whom the start of the server puts into the database, unless they are there: then they are left
    /// as they are.
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
    /// The argon2id hash of the password, in PHC format. The example `hash_password` makes one.
    pub password_hash: PasswordHashText,
}

/// A PHC string; its `Debug` form does not show it.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub struct PasswordHashText(pub String);

impl fmt::Debug for PasswordHashText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHashText(…)")
    }
}

/// A name and a password for everybody to see.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DemoAccount {
    /// The name to log in with.
    pub name: String,
    /// The password.
    pub password: String,
}

fn duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let text = String::deserialize(deserializer)?;
    humantime::parse_duration(&text).map_err(|error| {
        let message = format_args!("`{text}` is not a duration such as \"30 seconds\": {error}");
        D::Error::custom(message)
    })
}
