#![allow(unreachable_pub, reason = "constants that Pavex generates")]

use std::num::NonZeroU32;

use serde::Deserialize;

use crate::database_url::DatabaseUrl;
use crate::table::TableName;

/// The database with the sessions: the section `session_sqlx` of the application's configuration.
///
/// An unknown field is an error.
///
/// # Example
///
/// ```yaml
/// session_sqlx:
///   url: "postgres://app:password@localhost/shop"
///   table: "shop_sessions"
///   max_connections: 20
/// ```
///
/// ```
/// use session_sqlx::SqlSessionConfig;
///
/// let json = r#"{ "url": "postgres://app:open-sesame@localhost/shop" }"#;
/// let config: SqlSessionConfig = serde_json::from_str(json)?;
/// assert_eq!(config.table.as_str(), "sessions");
/// assert!(!format!("{config:?}").contains("sesame"));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
#[pavex::config(key = "session_sqlx")]
pub struct SqlSessionConfig {
    /// The URL of the database. It is the one field without a default.
    pub url: DatabaseUrl,
    /// The name of the table. Default: `sessions`.
    #[serde(default)]
    pub table: TableName,
    /// The number of connections that the process keeps under load. Default: 10 to a server, and 4
    /// that read a file of SQLite.
    ///
    /// Each worker thread may have two, even if that makes more, and two more that write to a file.
    /// While a worker computes with connections in use, there may be that number and two for each
    /// thread. [The crate](crate#connections-of-the-store) has examples.
    #[serde(default)]
    pub max_connections: Option<NonZeroU32>,
}

impl SqlSessionConfig {
    /// Returns the configuration for a database, with all other fields by default.
    pub fn new(url: DatabaseUrl) -> Self {
        Self {
            url,
            table: TableName::default(),
            max_connections: None,
        }
    }

    pub(crate) fn max_connections_or(&self, default: u32) -> u32 {
        self.max_connections.map_or(default, NonZeroU32::get)
    }
}
