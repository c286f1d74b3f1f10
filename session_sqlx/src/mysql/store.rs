use sqlx::MySqlPool;
use sqlx::mysql::{MySqlConnectOptions, MySqlSslMode};

use super::dialect::MySqlDialect;
use crate::config::SqlSessionConfig;
use crate::database_url::DatabaseKind;
use crate::server_pool::connect;
use crate::setup::SqlSetupError;
use crate::sql_store::SqlStore;
use crate::store::store;

store! {
    /// Keeps session records in MySQL or MariaDB.
    ///
    /// A clone is cheap and refers to the same records.
    ///
    /// # Example
    ///
    /// ```no_run
    /// use session::SessionStore;
    /// use session_sqlx::mysql::MySqlSessionStore;
    /// use session_sqlx::sqlx::MySqlPool;
    ///
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// let pool = MySqlPool::connect("mysql://app@localhost/shop").await?;
    /// let store = MySqlSessionStore::new(pool);
    /// store.migrate().await?;
    /// let store = SessionStore::from(store.with_sweeper());
    /// # Ok(()) }
    /// ```
    MySqlSessionStore, MySqlPool, MySqlDialect
}

impl MySqlSessionStore {
    /// Connects as configured, [migrates](Self::migrate), and [sweeps](Self::with_sweeper).
    ///
    /// # Errors
    ///
    /// Returns [`SqlSetupError`] if the URL is not one of MySQL or MariaDB, or if the server cannot
    /// be reached or migrated.
    pub async fn from_config(config: &SqlSessionConfig) -> Result<Self, SqlSetupError> {
        let store = Self::connect(config).await?;
        let migrated = store.migrate().await;
        migrated.map_err(|error| SqlSetupError::new(config, error))?;
        Ok(store.with_sweeper())
    }

    /// Connects as configured, and changes nothing in the database.
    ///
    /// It is for programs beside the application, such as those of an administrator. See
    /// [`is_migrated`](Self::is_migrated).
    ///
    /// # Errors
    ///
    /// Returns [`SqlSetupError`] if the URL is not one of MySQL or MariaDB, or if the server cannot
    /// be reached.
    pub async fn connect(config: &SqlSessionConfig) -> Result<Self, SqlSetupError> {
        let mut options: MySqlConnectOptions = config.url.options(DatabaseKind::MySql)?;
        // MariaDB closes a connection through a socket on which encryption begins.
        if options.get_socket().is_some()
            && matches!(options.get_ssl_mode(), MySqlSslMode::Preferred)
        {
            options = options.ssl_mode(MySqlSslMode::Disabled);
        }
        let source = connect::<MySqlDialect>(options, config).await;
        let source = source.map_err(|error| SqlSetupError::new(config, error))?;
        Ok(Self::of(SqlStore::new(source, config.table.clone())))
    }
}
