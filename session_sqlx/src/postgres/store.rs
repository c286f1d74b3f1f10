use sqlx::PgPool;
use sqlx::postgres::PgConnectOptions;

use super::dialect::PostgresDialect;
use crate::config::SqlSessionConfig;
use crate::database_url::DatabaseKind;
use crate::server_pool::connect;
use crate::setup::SqlSetupError;
use crate::sql_store::SqlStore;
use crate::store::store;

store! {
    /// Keeps session records in Postgres.
    ///
    /// A clone is cheap and refers to the same records.
    ///
    /// # Example
    ///
    /// ```no_run
    /// use session::SessionStore;
    /// use session_sqlx::postgres::PostgresSessionStore;
    /// use session_sqlx::sqlx::PgPool;
    ///
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// let pool = PgPool::connect("postgres://app@localhost/shop").await?;
    /// let store = PostgresSessionStore::new(pool);
    /// store.migrate().await?;
    /// let store = SessionStore::from(store.with_sweeper());
    /// # Ok(()) }
    /// ```
    PostgresSessionStore, PgPool, PostgresDialect
}

impl PostgresSessionStore {
    /// Connects as configured, [migrates](Self::migrate), and [sweeps](Self::with_sweeper).
    ///
    /// # Errors
    ///
    /// Returns [`SqlSetupError`] if the URL is not one of Postgres, or if the server cannot
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
    /// Returns [`SqlSetupError`] if the URL is not one of Postgres, or if the server cannot
    /// be reached.
    pub async fn connect(config: &SqlSessionConfig) -> Result<Self, SqlSetupError> {
        let options = config
            .url
            .options::<PgConnectOptions>(DatabaseKind::Postgres)?;
        // Poolers refuse this parameter, and no statement has such a number.
        let options = options.extra_float_digits(None);
        let source = connect::<PostgresDialect>(options, config).await;
        let source = source.map_err(|error| SqlSetupError::new(config, error))?;
        Ok(Self::of(SqlStore::new(source, config.table.clone())))
    }
}
