use std::error::Error;
use std::fmt::Display;
use std::num::NonZeroU32;
use std::time::Duration;

use session::StoreError;
use session::store::SessionStorageBackend;
use session::time::UtcDateTime;
use session_redis::{RedisSessionStore, RedisSetupError};
use session_sqlx::SqlSetupError;
use session_sqlx::mysql::MySqlSessionStore;
use session_sqlx::postgres::PostgresSessionStore;
use session_sqlx::sqlite::SqliteSessionStore;
use tokio::time::timeout;

use crate::failure::Failure;
use crate::store_options::{StoreConfig, StoreOptions};

/// The number of records that one step of a walk through all of them examines.
pub(crate) const BATCH: NonZeroU32 = NonZeroU32::new(10_000).expect("it is not zero");

/// A store of any kind, with a connection.
pub(crate) struct Store {
    kind: Kind,
    /// The name of the store in messages, without a password.
    place: String,
    limit: Duration,
}

enum Kind {
    Sqlite(SqliteSessionStore),
    Postgres(PostgresSessionStore),
    MySql(MySqlSessionStore),
    Redis(RedisSessionStore),
}

impl Store {
    /// Connects to a store, and changes nothing in it.
    pub(crate) async fn connect(options: &StoreOptions) -> Result<Self, Failure> {
        let (config, place) = options.config()?;
        let what = format!("cannot connect to {place}");
        let connected = timeout(options.timeout, Kind::connect(&config)).await;
        let connected = connected.map_err(|_| Failure::timeout(&what, options.timeout))?;
        Ok(Self {
            kind: connected.map_err(|error| error.into_failure(what))?,
            place,
            limit: options.timeout,
        })
    }

    /// Connects to a store, and creates what is missing. No time limit applies to that.
    pub(crate) async fn migrate(options: &StoreOptions) -> Result<Self, Failure> {
        let (config, place) = options.config()?;
        let migrated = Kind::migrate(&config).await;
        let what = || format!("cannot migrate {place}");
        Ok(Self {
            kind: migrated.map_err(|error| error.into_failure(what()))?,
            place,
            limit: options.timeout,
        })
    }

    /// Connects to a store whose schema fits this release.
    pub(crate) async fn open(options: &StoreOptions) -> Result<Self, Failure> {
        let store = Self::connect(options).await?;
        match store.is_migrated().await? {
            false => Err(store.unmigrated()),
            true => Ok(store),
        }
    }

    pub(crate) fn place(&self) -> &str {
        &self.place
    }

    /// Runs an operation within the time limit.
    pub(crate) async fn run<T>(
        &self,
        what: impl Display,
        operation: impl AsyncFnOnce(&dyn SessionStorageBackend) -> Result<T, StoreError>,
    ) -> Result<T, Failure> {
        self.within(what, operation(self.backend())).await
    }

    async fn within<T>(
        &self,
        what: impl Display,
        operation: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, Failure> {
        let what = format!("cannot {what} in {}", self.place);
        match timeout(self.limit, operation).await {
            Ok(outcome) => outcome.map_err(|error| Failure::of_store(what, &error)),
            Err(_) => Err(Failure::timeout(what, self.limit)),
        }
    }

    fn backend(&self) -> &dyn SessionStorageBackend {
        match &self.kind {
            Kind::Sqlite(store) => store,
            Kind::Postgres(store) => store,
            Kind::MySql(store) => store,
            Kind::Redis(store) => store,
        }
    }

    /// Returns `true` if the schema fits this release.
    pub(crate) async fn is_migrated(&self) -> Result<bool, Failure> {
        let is_migrated = async {
            match &self.kind {
                Kind::Sqlite(store) => store.is_migrated().await,
                Kind::Postgres(store) => store.is_migrated().await,
                Kind::MySql(store) => store.is_migrated().await,
                Kind::Redis(_) => Ok(true),
            }
        };
        self.within("read the schema", is_migrated).await
    }

    /// Returns the failure of a store whose schema does not fit.
    pub(crate) fn unmigrated(&self) -> Failure {
        let table = self.table().unwrap_or_default();
        let message = format!("the table `{table}` in {} is missing or old", self.place);
        Failure::because(
            message,
            "create it by `session-kit migrate`, or name another one by `--table`",
        )
    }

    /// Returns the name of the table; `None` if the store has none.
    pub(crate) fn table(&self) -> Option<&str> {
        match &self.kind {
            Kind::Sqlite(store) => Some(store.table().as_str()),
            Kind::Postgres(store) => Some(store.table().as_str()),
            Kind::MySql(store) => Some(store.table().as_str()),
            Kind::Redis(_) => None,
        }
    }

    /// Returns the present time of each server whose clock deletes sessions; `None` if the store
    /// depends on no clock.
    pub(crate) async fn server_times(&self) -> Result<Option<Vec<UtcDateTime>>, Failure> {
        let Kind::Redis(store) = &self.kind else {
            return Ok(None);
        };
        let times = self.within("read the clock", store.server_times()).await;
        times.map(Some)
    }

    /// Ends the connections. The file of SQLite then contains everything.
    pub(crate) async fn close(self) {
        if let Kind::Sqlite(store) = &self.kind {
            // What is left stays in the write-ahead log, which the next connection reads.
            _ = timeout(self.limit, store.close()).await;
        }
    }
}

impl Kind {
    async fn connect(config: &StoreConfig) -> Result<Self, SetupError> {
        Ok(match config {
            StoreConfig::Sqlite(config) => Self::Sqlite(SqliteSessionStore::connect(config).await?),
            StoreConfig::Postgres(config) => {
                Self::Postgres(PostgresSessionStore::connect(config).await?)
            }
            StoreConfig::MySql(config) => Self::MySql(MySqlSessionStore::connect(config).await?),
            StoreConfig::Redis(config) => {
                Self::Redis(RedisSessionStore::from_config(config).await?)
            }
        })
    }

    async fn migrate(config: &StoreConfig) -> Result<Self, SetupError> {
        Ok(match config {
            StoreConfig::Sqlite(config) => {
                Self::Sqlite(SqliteSessionStore::from_config(config).await?)
            }
            StoreConfig::Postgres(config) => {
                Self::Postgres(PostgresSessionStore::from_config(config).await?)
            }
            StoreConfig::MySql(config) => {
                Self::MySql(MySqlSessionStore::from_config(config).await?)
            }
            redis @ StoreConfig::Redis(_) => Self::connect(redis).await?,
        })
    }
}

/// Asks servers of Redis whether they evict sessions. Other stores do not.
///
/// # Errors
///
/// Returns a failure if they do.
pub(crate) async fn check_eviction(options: &StoreOptions) -> Result<(), Failure> {
    let (StoreConfig::Redis(mut config), place) = options.config()? else {
        return Ok(());
    };
    config.accept_eviction = false;
    let checked = RedisSessionStore::from_config(&config).await;
    let checked = checked.map_err(SetupError::from);
    checked.map(drop).map_err(|error| error.into_failure(place))
}

enum SetupError {
    Invalid(Box<dyn Error>),
    Store(StoreError),
}

impl SetupError {
    fn into_failure(self, what: impl Display) -> Failure {
        match self {
            Self::Invalid(error) => Failure::usage_of(what, &*error),
            Self::Store(error) => Failure::of_connection(what, &error),
        }
    }
}

impl From<SqlSetupError> for SetupError {
    fn from(error: SqlSetupError) -> Self {
        match error {
            SqlSetupError::Store { source, .. } => Self::Store(source),
            error => Self::Invalid(Box::new(error)),
        }
    }
}

impl From<RedisSetupError> for SetupError {
    fn from(error: RedisSetupError) -> Self {
        match error {
            RedisSetupError::Store(error) => Self::Store(error),
            error => Self::Invalid(Box::new(error)),
        }
    }
}
